/* VK_LAYER_WHISPER_WGSL_memory_meter: a Vulkan layer that counts the bytes a process asks of the driver with vkAllocateMemory.
 *
 * The counts lie in the file named by WHISPER_WGSL_METER, mapped into the process: whoever reads the file, the process itself
 * among them, sees the figures of that moment, and they outlive the process however it ends. ../meter.ts builds and reads this. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vulkan_layer.h"

/* Memory of the device, memory of the host that the device reaches, and memory imported from elsewhere, which existed already. */
typedef enum { DEVICE_LOCAL, HOST, IMPORTED, KINDS } Kind;

/* The file's layout: 64-bit words, then the name of the device made last. Totals leave out what was imported. */
typedef struct {
    uint64_t held, peak;
    uint64_t held_by_kind[KINDS], peak_by_kind[KINDS];
    uint64_t allocations, failures;
    char device_name[256];
} Counts;

static Counts unmapped, *counts = &unmapped;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void map_counts(void) {
    const char *path = getenv("WHISPER_WGSL_METER");
    int file = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;
    if (file < 0) return;
    if (ftruncate(file, sizeof(Counts)) == 0) {
        void *mapped = mmap(NULL, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (mapped != MAP_FAILED) counts = mapped;
    }
    close(file);
}

/* ---- live allocations; a free says only which memory, not how much ---- */

typedef struct {
    VkDevice device;
    VkDeviceMemory memory;
    uint64_t bytes;
    Kind kind;
} Allocation;

static Allocation *live;
static size_t live_count, live_room;

static void raise_peak(uint64_t held, uint64_t *peak) {
    if (held > *peak) *peak = held;
}

static void note_allocation(Allocation made) {
    if (live_count == live_room) {
        size_t room = live_room ? 2 * live_room : 256;
        Allocation *grown = realloc(live, room * sizeof *grown);
        if (!grown) abort(); /* a wrong count would be worse */
        live = grown;
        live_room = room;
    }
    live[live_count++] = made;
    counts->allocations++;
    counts->held_by_kind[made.kind] += made.bytes;
    raise_peak(counts->held_by_kind[made.kind], &counts->peak_by_kind[made.kind]);
    counts->held = counts->held_by_kind[DEVICE_LOCAL] + counts->held_by_kind[HOST];
    raise_peak(counts->held, &counts->peak);
}

static void forget_allocation(size_t index) {
    counts->held_by_kind[live[index].kind] -= live[index].bytes;
    counts->held = counts->held_by_kind[DEVICE_LOCAL] + counts->held_by_kind[HOST];
    live[index] = live[--live_count];
}

/* ---- what lies below: found by the pointer that instances share with their physical devices, and devices have of their own ---- */

typedef VkResult (*CreateInstance)(const void *, const void *, VkInstance *);
typedef VkResult (*CreateDevice)(VkPhysicalDevice, const void *, const void *, VkDevice *);
typedef VkResult (*AllocateMemory)(VkDevice, const VkMemoryAllocateInfo *, const void *, VkDeviceMemory *);
typedef void (*FreeMemory)(VkDevice, VkDeviceMemory, const void *);
typedef void (*Destroy)(void *, const void *);
typedef void (*GetProperties)(VkPhysicalDevice, void *);

typedef struct Below {
    struct Below *older;
    void *key;
    PFN_vkGetInstanceProcAddr instance_proc;
    VkInstance instance;
    PFN_vkGetDeviceProcAddr device_proc;
    AllocateMemory allocate;
    FreeMemory release;
    Destroy destroy;
    VkPhysicalDeviceMemoryProperties memory;
} Below;

static Below *newest;

static void *key_of(const void *handle) { return *(void *const *)handle; }

static Below *below(const void *handle) {
    pthread_mutex_lock(&mutex);
    Below *found = newest;
    while (found && found->key != key_of(handle)) found = found->older;
    pthread_mutex_unlock(&mutex);
    return found;
}

static void remember(Below *made) {
    pthread_mutex_lock(&mutex);
    made->older = newest;
    newest = made;
    pthread_mutex_unlock(&mutex);
}

static void destroy_below(void *handle, const void *callbacks) {
    Below *gone = below(handle);
    gone->destroy(handle, callbacks);
    pthread_mutex_lock(&mutex);
    Below **link = &newest;
    while (*link != gone) link = &(*link)->older;
    *link = gone->older;
    pthread_mutex_unlock(&mutex);
    free(gone);
}

/* ---- memory ---- */

static Kind kind_of(const Below *device, const VkMemoryAllocateInfo *info) {
    for (const VkBaseInStructure *next = info->pNext; next; next = next->pNext)
        if (next->sType == VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR ||
            next->sType == VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT)
            return IMPORTED;
    uint32_t flags = device->memory.memoryTypes[info->memoryTypeIndex].propertyFlags;
    return flags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT ? DEVICE_LOCAL : HOST;
}

static VkResult meter_allocate(VkDevice device, const VkMemoryAllocateInfo *info, const void *callbacks,
                               VkDeviceMemory *memory) {
    Below *next = below(device);
    VkResult result = next->allocate(device, info, callbacks, memory);
    pthread_mutex_lock(&mutex);
    if (result == VK_SUCCESS)
        note_allocation((Allocation){device, *memory, info->allocationSize, kind_of(next, info)});
    else
        counts->failures++;
    pthread_mutex_unlock(&mutex);
    return result;
}

static void meter_free(VkDevice device, VkDeviceMemory memory, const void *callbacks) {
    pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < live_count; i++)
        if (live[i].device == device && live[i].memory == memory) {
            forget_allocation(i);
            break;
        }
    pthread_mutex_unlock(&mutex);
    below(device)->release(device, memory, callbacks);
}

/* ---- instances and devices ---- */

/* The loader's link in a create info's chain, advanced for the layer below; NULL where there is none. */
static VkLayerLink *take_link(const void *info, int32_t type) {
    const VkBaseInStructure *next = ((const VkBaseInStructure *)info)->pNext;
    for (; next; next = next->pNext) {
        VkLayerCreateInfo *chain = (VkLayerCreateInfo *)next;
        if (chain->sType != type || chain->function != VK_LAYER_LINK_INFO) continue;
        VkLayerLink *link = chain->link;
        chain->link = link->pNext;
        return link;
    }
    return NULL;
}

static VkResult meter_create_instance(const void *info, const void *callbacks, VkInstance *instance) {
    VkLayerLink *link = take_link(info, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
    Below *made = calloc(1, sizeof *made);
    if (!link || !made) return free(made), link ? VK_ERROR_OUT_OF_HOST_MEMORY : VK_ERROR_INITIALIZATION_FAILED;
    PFN_vkGetInstanceProcAddr proc = link->pfnNextGetInstanceProcAddr;
    VkResult result = ((CreateInstance)proc(NULL, "vkCreateInstance"))(info, callbacks, instance);
    if (result != VK_SUCCESS) return free(made), result;
    made->key = key_of(*instance);
    made->instance = *instance;
    made->instance_proc = proc;
    made->destroy = (Destroy)proc(*instance, "vkDestroyInstance");
    remember(made);
    return VK_SUCCESS;
}

static VkResult meter_create_device(VkPhysicalDevice physical, const void *info, const void *callbacks, VkDevice *device) {
    VkLayerLink *link = take_link(info, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO);
    Below *made = calloc(1, sizeof *made);
    if (!link || !made) return free(made), link ? VK_ERROR_OUT_OF_HOST_MEMORY : VK_ERROR_INITIALIZATION_FAILED;
    Below *owner = below(physical);
    PFN_vkGetInstanceProcAddr instance_proc = link->pfnNextGetInstanceProcAddr;
    PFN_vkGetDeviceProcAddr proc = link->pfnNextGetDeviceProcAddr;
    VkResult result =
        ((CreateDevice)instance_proc(owner->instance, "vkCreateDevice"))(physical, info, callbacks, device);
    if (result != VK_SUCCESS) return free(made), result;
    made->key = key_of(*device);
    made->device_proc = proc;
    made->allocate = (AllocateMemory)proc(*device, "vkAllocateMemory");
    made->release = (FreeMemory)proc(*device, "vkFreeMemory");
    made->destroy = (Destroy)proc(*device, "vkDestroyDevice");
    ((GetProperties)owner->instance_proc(owner->instance, "vkGetPhysicalDeviceMemoryProperties"))(physical, &made->memory);
    VkPhysicalDeviceProperties properties;
    ((GetProperties)owner->instance_proc(owner->instance, "vkGetPhysicalDeviceProperties"))(physical, &properties);
    memcpy(counts->device_name, properties.deviceName, sizeof counts->device_name);
    remember(made);
    return VK_SUCCESS;
}

static void meter_destroy_device(VkDevice device, const void *callbacks) {
    if (!device) return;
    pthread_mutex_lock(&mutex);
    for (size_t i = live_count; i-- > 0;) /* what the application left behind goes with its device */
        if (live[i].device == device) forget_allocation(i);
    pthread_mutex_unlock(&mutex);
    destroy_below(device, callbacks);
}

static void meter_destroy_instance(VkInstance instance, const void *callbacks) {
    if (instance) destroy_below(instance, callbacks);
}

/* ---- the loader's way in ---- */

static PFN_vkVoidFunction meter_instance_proc(VkInstance instance, const char *name);
static PFN_vkVoidFunction meter_device_proc(VkDevice device, const char *name);

static PFN_vkVoidFunction own(const char *name) {
    static const struct {
        const char *name;
        PFN_vkVoidFunction function;
    } functions[] = {
        {"vkGetInstanceProcAddr", (PFN_vkVoidFunction)meter_instance_proc},
        {"vkGetDeviceProcAddr", (PFN_vkVoidFunction)meter_device_proc},
        {"vkCreateInstance", (PFN_vkVoidFunction)meter_create_instance},
        {"vkDestroyInstance", (PFN_vkVoidFunction)meter_destroy_instance},
        {"vkCreateDevice", (PFN_vkVoidFunction)meter_create_device},
        {"vkDestroyDevice", (PFN_vkVoidFunction)meter_destroy_device},
        {"vkAllocateMemory", (PFN_vkVoidFunction)meter_allocate},
        {"vkFreeMemory", (PFN_vkVoidFunction)meter_free},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].name, name) == 0) return functions[i].function;
    return NULL;
}

static PFN_vkVoidFunction meter_device_proc(VkDevice device, const char *name) {
    PFN_vkVoidFunction mine = own(name);
    return mine ? mine : below(device)->device_proc(device, name);
}

static PFN_vkVoidFunction meter_instance_proc(VkInstance instance, const char *name) {
    PFN_vkVoidFunction mine = own(name);
    if (mine || !instance) return mine;
    return below(instance)->instance_proc(instance, name);
}

__attribute__((visibility("default"))) VkResult
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *interface) {
    if (interface->loaderLayerInterfaceVersion < 2) return VK_ERROR_INITIALIZATION_FAILED;
    interface->loaderLayerInterfaceVersion = 2;
    interface->pfnGetInstanceProcAddr = meter_instance_proc;
    interface->pfnGetDeviceProcAddr = meter_device_proc;
    interface->pfnGetPhysicalDeviceProcAddr = NULL;
    return VK_SUCCESS;
}
