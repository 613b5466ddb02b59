// WebGPU's flag values. They are fixed by the specification; dawn.node does not put them into the global scope, and a library must not.

export const BufferUsage = {
  MAP_READ: 0x1,
  MAP_WRITE: 0x2,
  COPY_SRC: 0x4,
  COPY_DST: 0x8,
  UNIFORM: 0x40,
  STORAGE: 0x80,
  QUERY_RESOLVE: 0x200,
} as const;

export const TextureUsage = { COPY_SRC: 0x1, COPY_DST: 0x2, STORAGE_BINDING: 0x8 } as const;

/** Of images that hold weights: a texel is 16 bytes. */
export const IMAGE_FORMAT = 'rgba32uint';

export const MapMode = { READ: 1, WRITE: 2 } as const;

export const ShaderStage = { COMPUTE: 4 } as const;
