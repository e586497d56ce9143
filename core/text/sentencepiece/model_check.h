// A look at a SentencePiece model before the library gets it: the library trusts what it is given.
#pragma once

#include <string>
#include <string_view>

namespace diapason {

/// Walks the protocol buffer and the compiled character map. The library ends the program on some damaged models and
/// follows a damaged map outside of its memory, so whatever could lead there is refused here.
/// @return what is wrong, empty when nothing is
std::string sentencepiece_model_fault(std::string_view model);

} // namespace diapason
