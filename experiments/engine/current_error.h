// What went wrong below the engine's face, in the words of an Error.
#pragma once

#include "core/base/error.h"

namespace diapason {

/// Only inside a catch clause: the exception that is handled there. What the tensor library threw loses its back trace;
/// a failed allocation, on whatever device, is Error(memory), everything that is no Error is Error(internal).
Error current_error();

/// What `work` returns or throws, as above.
template <class Work>
auto with_plain_errors(const Work& work) {
    try {
        return work();
    } catch (...) {
        throw current_error();
    }
}

} // namespace diapason
