#include "core/text/tokenizer.h"

#include "core/base/error.h"
#include "core/text/pipeline_codec.h"
#include "core/text/tokenizer_files.h"
#include "core/text/tokenizer_stages.h"

#include <algorithm>

namespace diapason {
namespace {

void check_special_tokens(const TextCodec& codec, const PostProcessor& processor, const StagePlace& place) {
    for (const auto* items : {&processor.single, &processor.pair}) {
        for (const PostProcessor::Item& item : *items) {
            for (const std::int64_t id : item.ids) {
                if (id < 0 || static_cast<std::size_t>(id) >= codec.pieces().size())
                    place.fail("names an id beyond the vocabulary", std::to_string(id));
            }
        }
    }
}

// The longer text gives way first, then both get half of the room; the odd token goes to the longer one, the second
// where they are equal. This is the tokenizers library's closed formula.
void truncate_longest(std::vector<Token>& a, std::vector<Token>& b, std::size_t room) {
    std::size_t shorter = std::min(a.size(), b.size());
    std::size_t longer = shorter > room ? shorter : std::max(shorter, room - shorter);
    if (shorter + longer > room) {
        shorter = room / 2;
        longer = room - shorter;
    }
    const bool second_is_longer = b.size() >= a.size();
    a.resize(std::min(a.size(), second_is_longer ? shorter : longer));
    b.resize(std::min(b.size(), second_is_longer ? longer : shorter));
}

void truncate(std::vector<Token>& a, std::vector<Token>& b, std::size_t room, TruncationStrategy strategy) {
    const std::size_t total = a.size() + b.size();
    if (total <= room) return;
    if (room == 0) { // not even one token: nothing of either is left, whatever may be cut
        a.clear();
        b.clear();
        return;
    }
    if (strategy == TruncationStrategy::longest_first) return truncate_longest(a, b, room);
    std::vector<Token>& target = strategy == TruncationStrategy::only_first ? a : b;
    const std::size_t excess = total - room;
    if (target.size() <= excess) {
        throw Error(ErrorKind::input, {"the text that may be truncated is too short to make room",
                                       {},
                                       "truncation",
                                       {},
                                       "Use longest_first or a longer maximum"});
    }
    target.resize(target.size() - excess);
}

std::size_t room_for(const EncodeOptions& options, std::size_t special) {
    return options.max_length - std::min(options.max_length, options.add_special_tokens ? special : 0);
}

// White space inside a token is no part of its offsets.
Span trimmed(const Token& token, bool first, bool keep_first_space) {
    Span span = token.span;
    // One blank at the start may be the one that was put there, which is not in the text; of more none is.
    const bool kept = keep_first_space && token.leading == 1 && (first || span.begin == 0);
    if (!kept) span.begin = std::min(span.begin + token.leading, span.end);
    if (span.end >= token.trailing) span.end = std::max(span.end - token.trailing, span.begin);
    return span;
}

} // namespace

std::shared_ptr<const Tokenizer> Tokenizer::load(const std::filesystem::path& folder) {
    return load_tokenizer(TokenizerFiles(folder));
}

std::shared_ptr<const Tokenizer> Tokenizer::load(const std::filesystem::path& folder,
                                                 const std::vector<std::string>& files) {
    return load_tokenizer(TokenizerFiles(folder, files));
}

std::shared_ptr<const Tokenizer> Tokenizer::from_document(const StageJson& document, const std::string& origin) {
    const StagePlace place{origin, {}};
    if (!document.is_object()) place.fail("is not a JSON object");
    const auto part = [&](const char* name) -> const StageJson& {
        static const StageJson nothing;
        const auto found = document.find(name);
        return found == document.end() ? nothing : *found;
    };
    for (const char* name : {"normalizer", "pre_tokenizer", "post_processor", "decoder"})
        require_few_stages(part(name), place / name);
    auto codec = std::make_unique<PipelineCodec>(make_normalizer(part("normalizer"), place / "normalizer"),
                                                 make_pre_tokenizer(part("pre_tokenizer"), place / "pre_tokenizer"),
                                                 make_token_model(part("model"), place / "model"),
                                                 make_decoder(part("decoder"), place / "decoder"));
    codec->add_tokens(part("added_tokens"), place / "added_tokens");
    PostProcessor processor = make_post_processor(part("post_processor"), place / "post_processor");
    check_special_tokens(*codec, processor, place / "post_processor");
    return std::make_shared<const Tokenizer>(std::move(codec), std::move(processor));
}

Tokenizer::Tokenizer(std::unique_ptr<TextCodec> codec, PostProcessor post_processor)
    : m_codec(std::move(codec)),
      m_post_processor(std::move(post_processor)) {}

std::vector<Token> Tokenizer::tokens_of(std::string_view text, const EncodeOptions& options) const {
    std::vector<Token> tokens;
    m_codec->encode(text, options.with_offsets, tokens);
    return tokens;
}

Encoding Tokenizer::assemble(const std::vector<PostProcessor::Item>& items, const std::vector<Token>* const (&texts)[2],
                             const EncodeOptions& options) const {
    Encoding encoding;
    for (const PostProcessor::Item& item : items) {
        if (item.text < 0) {
            if (options.add_special_tokens) encoding.ids.insert(encoding.ids.end(), item.ids.begin(), item.ids.end());
        } else {
            bool first = true;
            for (const Token& token : *texts[item.text]) {
                encoding.ids.push_back(token.id);
                if (!options.with_offsets) continue;
                encoding.offsets.resize(encoding.ids.size()); // special tokens before this one
                encoding.offsets.back() = m_post_processor.trim_offsets
                                              ? trimmed(token, first, m_post_processor.keep_first_space)
                                              : token.span;
                first = false;
            }
        }
        encoding.type_ids.resize(encoding.ids.size(), item.type_id);
    }
    if (options.with_offsets) encoding.offsets.resize(encoding.ids.size());
    return encoding;
}

Encoding Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
    std::vector<Token> first = tokens_of(text, options), none;
    if (options.max_length > 0) {
        if (options.strategy == TruncationStrategy::only_second)
            throw Error(ErrorKind::input, {"there is no second text to truncate", {}, "truncation", "only_second", {}});
        truncate(none, first, room_for(options, m_post_processor.special_count(false)),
                 TruncationStrategy::longest_first);
    }
    return assemble(m_post_processor.single, {&first, &none}, options);
}

Encoding Tokenizer::encode_pair(std::string_view text, std::string_view pair, const EncodeOptions& options) const {
    std::vector<Token> first = tokens_of(text, options), second = tokens_of(pair, options);
    if (options.max_length > 0)
        truncate(first, second, room_for(options, m_post_processor.special_count(true)), options.strategy);
    return assemble(m_post_processor.pair, {&first, &second}, options);
}

std::vector<PairWindow> Tokenizer::encode_windows(std::string_view text, std::string_view pair,
                                                  const WindowOptions& options) const {
    const EncodeOptions encoding = {.with_offsets = true};
    std::vector<Token> first = tokens_of(text, encoding);
    const std::vector<Token> second = tokens_of(pair, encoding);
    if (options.max_first > 0 && first.size() > options.max_first) first.resize(options.max_first);
    const std::size_t special = m_post_processor.special_count(true);
    if (options.max_length < special + 2)
        throw Error(ErrorKind::input,
                    {"a window needs room for two tokens beside " + std::to_string(special) + " special ones",
                     {},
                     "max_tokens",
                     std::to_string(options.max_length),
                     {}});
    std::size_t room = options.max_length - special;
    first.resize(std::min(first.size(), room > options.overlap + 1 ? room - options.overlap - 1 : room - 1));
    room -= first.size();
    const std::size_t step = room - std::min(options.overlap, room - 1);
    std::size_t pair_begin = 0;
    for (const PostProcessor::Item& item : m_post_processor.pair) {
        if (item.text == 1) break;
        pair_begin += item.text == 0 ? first.size() : item.ids.size();
    }
    std::vector<PairWindow> windows;
    for (std::size_t begin = 0;; begin += step) {
        const std::size_t end = std::min(begin + room, second.size());
        const std::vector<Token> part(second.begin() + static_cast<std::ptrdiff_t>(begin),
                                      second.begin() + static_cast<std::ptrdiff_t>(end));
        windows.push_back(
            {assemble(m_post_processor.pair, {&first, &part}, encoding), pair_begin, pair_begin + part.size()});
        if (end == second.size()) return windows;
    }
}

std::string Tokenizer::decode(const std::vector<std::int64_t>& ids, bool skip_special) const {
    return m_codec->decode(ids, skip_special);
}

std::int64_t Tokenizer::first_of(const std::vector<std::string>& spellings) const {
    for (const std::string& spelling : spellings) {
        if (const std::int64_t id = id_of(spelling); id >= 0) return id;
    }
    return -1;
}

} // namespace diapason
