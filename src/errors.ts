// The named errors of the package. Every message reads `where: expected X because Y, got Z`.

/** Base of all errors thrown on purpose by this package. `code` is stable across versions; the message is not. */
export class WhisperError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A caller's option or argument is of the wrong kind, unknown, or in conflict with another. */
export class OptionError extends WhisperError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_OPTION', message, options);
  }
}

/** No usable GPU adapter was found, or the one asked for is not there. */
export class AdapterError extends WhisperError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_NO_ADAPTER', message, options);
  }
}

/** The GPU device was lost, ran out of memory or reported a validation error. */
export class DeviceError extends WhisperError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_DEVICE', message, options);
  }
}

/** A WGSL file does not compile, or disagrees with its op's descriptor. */
export class ShaderError extends WhisperError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_SHADER', message, options);
  }
}

/** A graph is built wrongly: shapes, dtypes or names that do not fit the op. */
export class GraphError extends WhisperError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_GRAPH', message, options);
  }
}

/** A memory plan does not fit the device's limits or the caller's budget. */
export class MemoryError extends WhisperError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MEMORY', message, options);
  }
}

/** A model file or folder is missing, truncated, of another format, or of the wrong shapes. */
export class ModelFileError extends WhisperError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MODEL_FILE', message, options);
  }
}

/** An audio file is missing, of an unknown format, corrupt or empty. */
export class AudioError extends WhisperError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_AUDIO', message, options);
  }
}

/** The engine was used wrongly: a second call while one runs, or a call after `dispose()`. */
export class EngineStateError extends WhisperError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_STATE', message, options);
  }
}
