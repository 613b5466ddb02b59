/* Preloaded into a process that runs whisper.cpp, stands before the call that a binding makes: decodes without timestamp tokens, as the
 * other engines are told to, and has whisper.cpp print its own timings of that call to its log. Bindings for Node offer neither. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include "whisper.h"

/* The binding's library is not in the global scope, so its functions are found by its path. */
static void *function(const char *name) {
  void *engine = dlopen(getenv("WHISPER_CPP_LIBRARY"), RTLD_NOW | RTLD_NOLOAD);
  void *found = engine ? dlsym(engine, name) : NULL;
  if (!found) {
    fprintf(stderr, "Error: stage clock: expected %s in WHISPER_CPP_LIBRARY, got none\n", name);
    exit(1);
  }
  return found;
}

__attribute__((visibility("default"))) int whisper_full_parallel(struct whisper_context *context, struct whisper_full_params params,
                                                                 const float *samples, int count, int processors) {
  int (*full)(struct whisper_context *, struct whisper_full_params, const float *, int) = function("whisper_full");
  void (*reset)(struct whisper_context *) = function("whisper_reset_timings");
  void (*print)(struct whisper_context *) = function("whisper_print_timings");
  (void)processors; /* the binding asks for one */
  params.no_timestamps = true;
  reset(context);
  int result = full(context, params, samples, count);
  print(context);
  return result;
}
