// The kinds of adapters in PEFT's layout. A kind is one function, listed in methods/methods.def beside its method and
// defined where the method's deltas are or in methods/interchange/peft.
#pragma once

#include "core/model/deltas.h"

namespace diapason::peft {

class Source;
class Sink;

struct Kind {
    const char* type = nullptr; ///< peft_type
    /// Adds the deltas of a folder to its model. @throws Error(input)
    void (*read)(Source& source) = nullptr;
    /// Writes the model's deltas when they are of this kind, and says so; null = the kind is only read, or written by
    /// another. @throws Error(config) when the layout cannot hold them
    bool (*write)(Sink& sink) = nullptr;
    /// Whether write() knows a delta of a linear map; null = it knows none.
    bool (*holds)(const LinearDelta& delta) = nullptr;
};

#define DIAPASON_PEFT_KIND(name) Kind name##_kind();
#include "methods/methods.def"

} // namespace diapason::peft
