/* The part of Vulkan's and its loader's ABI that a layer over memory needs, so that the meter builds where no Vulkan headers are
 * installed. Names, order and numbers are Khronos's (vulkan_core.h, vk_layer.h); handles are 64 bits wide. */
#pragma once
#include <stdint.h>

_Static_assert(sizeof(void *) == 8, "the meter is written for 64-bit processes");

typedef int32_t VkResult;
typedef struct VkInstance_T *VkInstance;
typedef struct VkPhysicalDevice_T *VkPhysicalDevice;
typedef struct VkDevice_T *VkDevice;
typedef uint64_t VkDeviceMemory;
typedef void (*PFN_vkVoidFunction)(void);
typedef PFN_vkVoidFunction (*PFN_vkGetInstanceProcAddr)(VkInstance, const char *);
typedef PFN_vkVoidFunction (*PFN_vkGetDeviceProcAddr)(VkDevice, const char *);

enum { VK_SUCCESS = 0, VK_ERROR_OUT_OF_HOST_MEMORY = -1, VK_ERROR_INITIALIZATION_FAILED = -3 };

/* sType of what the loader puts into the pNext chains of vkCreateInstance and vkCreateDevice, and of imported memory. */
enum {
    VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO = 47,
    VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO = 48,
    VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR = 1000074000,
    VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT = 1000178000
};

typedef struct VkBaseInStructure {
    int32_t sType;
    const struct VkBaseInStructure *pNext;
} VkBaseInStructure;

typedef struct {
    int32_t sType;
    const VkBaseInStructure *pNext;
    uint64_t allocationSize;
    uint32_t memoryTypeIndex;
} VkMemoryAllocateInfo;

enum { VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT = 1 };

typedef struct {
    uint32_t memoryTypeCount;
    struct {
        uint32_t propertyFlags, heapIndex;
    } memoryTypes[32];
    uint32_t memoryHeapCount;
    struct {
        uint64_t size;
        uint32_t flags;
    } memoryHeaps[16];
} VkPhysicalDeviceMemoryProperties;

/* The beginning of VkPhysicalDeviceProperties; limits follow, for which `rest` leaves more room than any version takes. */
typedef struct {
    uint32_t apiVersion, driverVersion, vendorID, deviceID;
    int32_t deviceType;
    char deviceName[256];
    uint64_t rest[256];
} VkPhysicalDeviceProperties;

/* The loader's chain of layers: `link` is the next layer, and each layer advances it for the one below. */
enum { VK_LAYER_LINK_INFO = 0 };

typedef struct VkLayerLink {
    struct VkLayerLink *pNext;
    PFN_vkGetInstanceProcAddr pfnNextGetInstanceProcAddr;
    /* vkGetPhysicalDeviceProcAddr in an instance's chain, which the meter leaves alone; vkGetDeviceProcAddr in a device's. */
    PFN_vkGetDeviceProcAddr pfnNextGetDeviceProcAddr;
} VkLayerLink;

typedef struct {
    int32_t sType;
    const VkBaseInStructure *pNext;
    int32_t function;
    VkLayerLink *link;
} VkLayerCreateInfo;

typedef struct {
    int32_t sType;
    void *pNext;
    uint32_t loaderLayerInterfaceVersion;
    PFN_vkGetInstanceProcAddr pfnGetInstanceProcAddr;
    PFN_vkGetDeviceProcAddr pfnGetDeviceProcAddr;
    PFN_vkVoidFunction pfnGetPhysicalDeviceProcAddr;
} VkNegotiateLayerInterface;
