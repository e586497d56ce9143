// docs/METHODS.md, made from the descriptors; a test keeps the file equal to this text.
#pragma once

#include <string>

namespace diapason {

/// The whole document in Markdown: an overview row a method, then each method's options with range, default and source.
std::string methods_document();

} // namespace diapason
