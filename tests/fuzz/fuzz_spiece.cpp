// Any bytes as spiece.model: refused with a message, or a codec that encodes and decodes.

#include "core/base/error.h"
#include "core/text/sentencepiece/sentencepiece_codec.h"

#include <cstdint>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace diapason;
    try {
        const SentencePieceCodec codec(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
        std::vector<Token> tokens;
        codec.encode("The naïve 12 \u4E2D\u6587 <s> \uFB01", true, tokens);
        std::vector<std::int64_t> ids;
        for (const Token& token : tokens)
            ids.push_back(token.id);
        codec.decode(ids, true);
    } catch (const Error&) {
    }
    return 0;
}
