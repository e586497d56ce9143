// Libraries that come with the program and are loaded when they are first needed.
#pragma once

#include <dlfcn.h>
#include <string>

namespace diapason {

/// What a library of the program exports under a name. It is loaded into a scope of its own and never closed. Any
/// thread.
/// @param library as program_library() takes it; @param flags of dlopen
/// @throws Error(internal) where it cannot be loaded, or has no such symbol
void* library_symbol(const std::string& library, const char* symbol, int flags = RTLD_NOW | RTLD_LOCAL);

} // namespace diapason
