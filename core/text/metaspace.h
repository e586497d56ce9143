// SentencePiece's visible blank: settings that the pre-tokenizer and the decoder of that name share.
#pragma once

#include "core/text/tokenizer_stages.h"

namespace diapason {

struct MetaspaceSettings {
    enum class Prepend { always, first, never };

    /// @throws Error(input)
    MetaspaceSettings(const StageJson& object, const StagePlace& place);

    char32_t replacement = U'\u2581';
    Prepend prepend = Prepend::always; ///< files before 2023 say add_prefix_space instead
    bool split = true;
};

} // namespace diapason
