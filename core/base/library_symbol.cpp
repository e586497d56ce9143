#include "core/base/library_symbol.h"

#include "core/base/error.h"
#include "core/base/paths.h"

namespace diapason {

void* library_symbol(const std::string& library, const char* symbol, int flags) {
    const std::string file = program_library(library).string();
    void* loaded = ::dlopen(file.c_str(), flags);
    void* found = loaded != nullptr ? ::dlsym(loaded, symbol) : nullptr;
    if (found == nullptr)
        throw Error(ErrorKind::internal, {std::string("cannot be loaded: ") + ::dlerror(), file, {}, {}, {}});
    return found;
}

} // namespace diapason
