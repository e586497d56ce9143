#include "methods/init/text_rows.h"

#include "core/base/error.h"

#include <c10/core/GradMode.h>

namespace diapason {

std::vector<std::int64_t> text_tokens(const Tokenizer* tokenizer, const std::string& text, std::int64_t length,
                                      const std::string& field) {
    if (tokenizer == nullptr) throw config_error(field, text, "an init from words needs the backbone's tokenizer");
    const auto tokens = tokenizer->encode(text, {.add_special_tokens = false}).ids;
    if (tokens.empty()) throw config_error(field, text, "the text has no tokens");
    std::vector<std::int64_t> list;
    for (std::int64_t i = 0; i < length; ++i)
        list.push_back(tokens[static_cast<std::size_t>(i) % tokens.size()]);
    return list;
}

std::vector<DecoderCache> text_activations(Model& model, const std::vector<std::int64_t>& tokens) {
    const c10::NoGradGuard guard;
    Sequence sequence;
    sequence.ids = tokens;
    const PackedBatch batch = PackedBatch::pack({&sequence, 1}, model.device());
    std::vector<DecoderCache> caches;
    StackStates encoder;
    for (const Stack& stack : model.backbone().stacks()) {
        const StackStates* read = caches.empty() ? nullptr : &encoder;
        caches.emplace_back();
        encoder = stack.forward(batch, nullptr, read, {}, {false, nullptr, &caches.back()});
    }
    return caches;
}

} // namespace diapason
