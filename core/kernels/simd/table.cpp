#include "core/kernels/simd/loops.h"

#define DIAPASON_TEXT(x) #x
#define DIAPASON_NAME(x) DIAPASON_TEXT(x)

namespace diapason::kernels::DIAPASON_KERNELS_LEVEL {

const Table table = {DIAPASON_NAME(DIAPASON_KERNELS_LEVEL),
                     dropout,
                     attend,
                     attend_backward,
                     norm,
                     norm_backward,
                     rotate,
                     add_dropped,
                     gelu,
                     gelu_backward,
                     gate,
                     gate_backward};

} // namespace diapason::kernels::DIAPASON_KERNELS_LEVEL
