// NFC, NFD, NFKC, NFKD with the bookkeeping of where each character came from.
#pragma once

#include "core/text/aligned_text.h"

namespace diapason {

enum class UnicodeForm { nfc, nfd, nfkc, nfkd };

void apply_form(AlignedText& text, UnicodeForm form);

} // namespace diapason
