// Any bytes as tokenizer.json: an error with a message, or a tokenizer that encodes and decodes what it is given.
// The input is the file, then a zero byte, then a text.

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace diapason;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t end = input.find('\0');
    const std::string text(end == std::string_view::npos ? "The naïve 12 \u4E2D\u6587 <s>" : input.substr(end + 1));
    try {
        const auto tokenizer = Tokenizer::from_document(parse_sorted_json(input.substr(0, end), "fuzz"), "fuzz");
        const Encoding one = tokenizer->encode(text, {.with_offsets = true});
        const Encoding two = tokenizer->encode_pair(text, "b", {.max_length = 7});
        if (one.ids.size() != one.offsets.size() || one.ids.size() != one.type_ids.size()) __builtin_trap();
        if (one.ids != tokenizer->encode(text).ids) __builtin_trap();
        tokenizer->decode(one.ids);
        tokenizer->decode(two.ids, false);
    } catch (const Error&) {
    }
    return 0;
}
