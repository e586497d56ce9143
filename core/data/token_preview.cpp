#include "core/data/token_preview.h"

#include <algorithm>
#include <utility>

namespace diapason {
namespace {

std::vector<PreviewToken> tokens_of(const Tokenizer& tokenizer, const std::vector<std::int64_t>& ids) {
    std::vector<PreviewToken> tokens;
    for (const std::int64_t id : ids)
        tokens.push_back({tokenizer.piece(id), id, {}, false});
    return tokens;
}

std::vector<PreviewToken> input_of_part(const Task& task, const Tokenizer& tokenizer, const EncodedExample& part) {
    std::vector<PreviewToken> tokens = tokens_of(tokenizer, part.ids);
    for (std::size_t i = 0; i < part.token_labels.size(); ++i) {
        if (part.token_labels[i] >= 0)
            tokens[i].label = task.labels.at(static_cast<std::size_t>(part.token_labels[i])).id;
    }
    for (std::int64_t i = std::max<std::int64_t>(0, part.span_begin); part.span_begin >= 0 && i <= part.span_end; ++i)
        tokens.at(static_cast<std::size_t>(i)).answer = true;
    return tokens;
}

// What stands between the common beginning and the common end.
std::vector<std::int64_t> dropped(const std::vector<std::int64_t>& whole, const std::vector<std::int64_t>& kept) {
    if (whole.size() <= kept.size()) return {};
    const auto [in_whole, in_kept] = std::mismatch(whole.begin(), whole.end(), kept.begin(), kept.end());
    return {in_whole, in_whole + static_cast<std::ptrdiff_t>(whole.size() - kept.size())};
}

} // namespace

ExamplePreview preview_of(const Task& task, const Tokenizer& tokenizer, const Example& example,
                          const EncodingEnds& ends) {
    ExamplePreview preview;
    preview.id = example.id;
    const EncodedItem item = encode_example(task, tokenizer, example, ends);
    for (const EncodedExample& part : item)
        preview.inputs.push_back(input_of_part(task, tokenizer, part));
    preview.target = tokens_of(tokenizer, item.front().target_ids);
    Task without_limit = task;
    without_limit.max_tokens = std::int64_t{1} << 30;
    const EncodedItem whole = encode_example(without_limit, tokenizer, example, ends);
    if (whole.size() == item.size()) // else the rest is in other windows
        preview.cut = tokens_of(tokenizer, dropped(whole.front().ids, item.front().ids));
    return preview;
}

std::vector<ExamplePreview> preview_of(const Task& task, const Tokenizer& tokenizer, std::size_t rows) {
    std::vector<ExamplePreview> previews;
    for (const Example& example : load_split(task, "train")) {
        if (previews.size() == rows) break;
        previews.push_back(preview_of(task, tokenizer, example));
    }
    return previews;
}

} // namespace diapason
