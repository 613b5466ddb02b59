/**
 * Measures every subject once a round, so that all share the machine's bad minutes. Rounds are counted on stderr.
 * @returns of each subject, in their order, what its rounds gave.
 */
export async function inTurns<S, R>(
  subjects: readonly S[],
  rounds: number,
  measure: (subject: S) => Promise<R>,
): Promise<R[][]> {
  const results = subjects.map((): R[] => []);
  for (let round = 0; round < rounds; round++) {
    console.error(`# round ${round + 1} of ${rounds}`);
    for (const [i, subject] of subjects.entries()) results[i]!.push(await measure(subject));
  }
  return results;
}
