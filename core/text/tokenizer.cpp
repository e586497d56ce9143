#include "core/text/tokenizer.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <algorithm>

namespace diapason {
namespace {

constexpr std::size_t max_file_bytes = 256u << 20;
constexpr std::size_t max_added_tokens = 100'000;

// The longer text loses its end first; the closed formula of the tokenizers library, the odd token going to the longer
// one.
void truncate(std::vector<std::int64_t>& a, std::vector<std::int64_t>& b, std::size_t room) {
    if (a.size() + b.size() <= room) return;
    std::size_t shorter = std::min(a.size(), b.size());
    std::size_t longer = room - std::min(room, shorter);
    if (longer < shorter) {
        shorter = room / 2;
        longer = room - shorter;
    }
    const bool a_is_longer = a.size() >= b.size();
    a.resize(std::min(a.size(), a_is_longer ? longer : shorter));
    b.resize(std::min(b.size(), a_is_longer ? shorter : longer));
}

} // namespace

std::shared_ptr<const Tokenizer> Tokenizer::load(const std::filesystem::path& folder) {
    const std::filesystem::path file = folder / "tokenizer.json";
    const std::string origin = file.string();
    const Json document = read_json(file, max_file_bytes);
    const auto part = [&](const char* name) { return document.contains(name) ? document.at(name) : Json(); };
    auto tokenizer = std::make_shared<Tokenizer>();
    try {
        tokenizer->m_normalizer = make_normalizer(part("normalizer"), origin);
        tokenizer->m_pre_tokenizer = make_pre_tokenizer(part("pre_tokenizer"), origin);
        tokenizer->m_model = make_token_model(part("model"), origin);
        tokenizer->m_post_processor = make_post_processor(part("post_processor"), origin);
        tokenizer->m_decoder = make_decoder(part("decoder"), origin);
        tokenizer->m_pieces = tokenizer->m_model->pieces();
        const Json added = part("added_tokens");
        if (added.size() > max_added_tokens) throw input_error(origin, "added_tokens has more than 100,000 entries");
        tokenizer->m_special.assign(tokenizer->m_pieces.size(), false);
        for (const Json& entry : added) {
            AddedToken token{entry.at("content").get<std::string>(), entry.at("id").get<std::int64_t>(),
                             entry.value("special", false)};
            if (token.content.empty() || token.id < 0 || token.id > 4'000'000)
                throw input_error(origin, "added_tokens holds " + entry.dump());
            const auto index = static_cast<std::size_t>(token.id);
            if (index >= tokenizer->m_pieces.size()) {
                tokenizer->m_pieces.resize(index + 1);
                tokenizer->m_special.resize(index + 1, false);
            }
            tokenizer->m_pieces[index] = token.content;
            tokenizer->m_special[index] = token.special;
            tokenizer->m_added.push_back(std::move(token));
        }
        const auto in_range = [&](const std::vector<PostProcessor::Item>& items) {
            return std::all_of(items.begin(), items.end(), [&](const PostProcessor::Item& item) {
                return std::all_of(item.ids.begin(), item.ids.end(), [&](std::int64_t id) {
                    return id >= 0 && static_cast<std::size_t>(id) < tokenizer->m_pieces.size();
                });
            });
        };
        if (!in_range(tokenizer->m_post_processor.single) || !in_range(tokenizer->m_post_processor.pair)) {
            throw input_error(origin, "post_processor names an id beyond the vocabulary");
        }
    } catch (const Json::exception& error) {
        throw input_error(origin, std::string("is no tokenizer.json: ") + error.what());
    }
    // Longest first, so that a token that begins another one does not hide it.
    std::stable_sort(tokenizer->m_added.begin(), tokenizer->m_added.end(),
                     [](const AddedToken& a, const AddedToken& b) { return a.content.size() > b.content.size(); });
    return tokenizer;
}

void Tokenizer::encode_text(std::string_view text, std::vector<std::int64_t>& ids) const {
    if (text.empty()) return;
    for (const std::u32string& word : m_pre_tokenizer->apply({m_normalizer->apply(decode_utf8(text))})) {
        if (!word.empty()) m_model->encode(encode_utf8(word), ids);
    }
}

std::vector<std::int64_t> Tokenizer::encode_plain(std::string_view text) const {
    std::vector<std::int64_t> ids;
    // Added tokens are cut out of the raw text first.
    std::size_t plain = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto hit = std::find_if(m_added.begin(), m_added.end(), [&](const AddedToken& token) {
            return text.compare(at, token.content.size(), token.content) == 0;
        });
        if (hit == m_added.end()) {
            ++at;
            continue;
        }
        encode_text(text.substr(plain, at - plain), ids);
        ids.push_back(hit->id);
        plain = at += hit->content.size();
    }
    encode_text(text.substr(plain), ids);
    return ids;
}

Encoding Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
    std::vector<std::int64_t> ids = encode_plain(text);
    const std::size_t special = options.add_special_tokens ? m_post_processor.special_count(false) : 0;
    if (options.max_length > 0)
        ids.resize(std::min(ids.size(), options.max_length - std::min(options.max_length, special)));
    Encoding encoding;
    if (!options.add_special_tokens) {
        encoding.type_ids.assign(ids.size(), 0);
        encoding.ids = std::move(ids);
        return encoding;
    }
    for (const PostProcessor::Item& item : m_post_processor.single) {
        const auto& part = item.text < 0 ? item.ids : ids;
        encoding.ids.insert(encoding.ids.end(), part.begin(), part.end());
        encoding.type_ids.resize(encoding.ids.size(), item.type_id);
    }
    return encoding;
}

Encoding Tokenizer::encode_pair(std::string_view text, std::string_view pair, const EncodeOptions& options) const {
    std::vector<std::int64_t> first = encode_plain(text);
    std::vector<std::int64_t> second = encode_plain(pair);
    const std::size_t special = options.add_special_tokens ? m_post_processor.special_count(true) : 0;
    if (options.max_length > 0) truncate(first, second, options.max_length - std::min(options.max_length, special));
    Encoding encoding;
    for (const PostProcessor::Item& item : m_post_processor.pair) {
        if (item.text < 0 && !options.add_special_tokens) continue;
        const auto& part = item.text < 0 ? item.ids : item.text == 0 ? first : second;
        encoding.ids.insert(encoding.ids.end(), part.begin(), part.end());
        encoding.type_ids.resize(encoding.ids.size(), item.type_id);
    }
    return encoding;
}

std::string Tokenizer::decode(const std::vector<std::int64_t>& ids, bool skip_special) const {
    std::vector<std::string> pieces;
    for (const std::int64_t id : ids) {
        if (id < 0 || static_cast<std::size_t>(id) >= m_pieces.size() || (skip_special && is_special(id))) continue;
        pieces.push_back(m_pieces[static_cast<std::size_t>(id)]);
    }
    return m_decoder->apply(pieces);
}

std::int64_t Tokenizer::id_of(const std::string& piece) const {
    for (const AddedToken& token : m_added) {
        if (token.content == piece) return token.id;
    }
    return m_model->id_of(piece);
}

bool Tokenizer::is_special(std::int64_t id) const {
    return id >= 0 && static_cast<std::size_t>(id) < m_special.size() && m_special[static_cast<std::size_t>(id)];
}

std::int64_t Tokenizer::first_of(const std::vector<std::string>& spellings) const {
    for (const std::string& spelling : spellings) {
        if (const std::int64_t id = id_of(spelling); id >= 0) return id;
    }
    return -1;
}

} // namespace diapason
