#include "core/text/gguf_tokenizer.h"

#include "core/base/error.h"
#include "core/base/words.h"
#include "core/text/unicode.h"
#include "core/text/vocabulary.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace diapason {
namespace {

constexpr std::size_t max_text_bytes = 65'536; // of a token or a merge: far beyond real ones
constexpr int unknown_token = 2, control_token = 3, user_token = 4;

StageJson split(const char* pattern) {
    return {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
}

StageJson byte_level(bool use_regex) {
    return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", use_regex}};
}

// How text is cut before merging, by the name in tokenizer.ggml.pre. Sources: the tokenizer.json of the models that the
// converter of llama.cpp recognises by these names; llama.cpp itself for "default".
struct PreTokenizer {
    const char* name;
    std::vector<const char*> patterns; ///< one after the other; empty: GPT-2's
    bool digits = false;               ///< each digit alone, before everything else
    bool composed = false;             ///< NFC first
    bool whole_words = false;          ///< a word of the vocabulary is not merged
    bool begins = false;               ///< the start token by default
};

// What llama.cpp takes when the name is missing.
constexpr const char* unnamed_pre = "default";

const std::vector<PreTokenizer>& pre_tokenizers() {
    static const char* const llama3 =
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
    static const char* const qwen2 =
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
    static const char* const gpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
    static const std::vector<const char*> unnamed = {R"([\p{P}\$\+<=>\^~\|]+)", gpt2, R"(\p{N}+)", "[0-9][0-9][0-9]"};
    static const std::vector<PreTokenizer> list = {{unnamed_pre, unnamed},
                                                   {"gpt-2", {}},
                                                   {"phi-2", {}},
                                                   {"olmo", {}},
                                                   {"smollm", {}, true},
                                                   {"starcoder", {}, true},
                                                   {"llama-bpe", {llama3}, false, false, true, true},
                                                   {"llama-v3", {llama3}, false, false, true, true},
                                                   {"llama3", {llama3}, false, false, true, true},
                                                   {"qwen2", {qwen2}, false, true},
                                                   {"deepseek-r1-qwen", {qwen2}, false, true}};
    return list;
}

const PreTokenizer& pre_tokenizer_of(const GgufHeader& header) {
    const std::string wanted = header.text("tokenizer.ggml.pre").value_or(unnamed_pre);
    for (const PreTokenizer& candidate : pre_tokenizers()) {
        if (wanted == candidate.name) return candidate;
    }
    header.fail("tokenizer.ggml.pre", "unsupported: unknown way of splitting text", wanted.substr(0, 64),
                "Choose from " + joined_by(pre_tokenizers(), &PreTokenizer::name) +
                    "; use the Hugging Face folder of this model, or convert it again");
}

class Source {
public:
    explicit Source(const GgufHeader& header) : m_header(header) {
        const std::string key = "tokenizer.ggml.tokens";
        for (const std::string_view token : texts(key))
            m_tokens.push_back(clean(token, key));
        if (m_tokens.empty()) header.fail(key, "is missing");
        for (std::size_t id = 0; id < m_tokens.size(); ++id) {
            if (!m_ids.emplace(m_tokens[id], id).second)
                header.fail(key, "contains the same token twice", std::to_string(id));
        }
        for (const double type : header.reals("tokenizer.ggml.token_type"))
            m_types.push_back(type >= 0 && type < 100 ? static_cast<int>(type) : 0);
        if (!m_types.empty() && m_types.size() != m_tokens.size())
            header.fail("tokenizer.ggml.token_type", "differs in length from tokenizer.ggml.tokens",
                        std::to_string(m_types.size()));
    }

    const std::vector<std::string>& tokens() const { return m_tokens; }
    bool known(const std::string& token) const { return m_ids.count(token) != 0; }
    std::size_t id_of(const std::string& token) const { return m_ids.at(token); }

    std::vector<std::string_view> texts(const std::string& key) const {
        std::vector<std::string_view> found = m_header.texts(key);
        if (found.size() > Vocabulary::max_entries) m_header.fail(key, "has more than 2,000,000 entries");
        return found;
    }

    std::string clean(std::string_view text, const std::string& key) const {
        if (text.size() > max_text_bytes)
            m_header.fail(key, "contains a string longer than 65,536 bytes", std::to_string(text.size()));
        std::string own(text);
        if (encode_utf8(decode_utf8(own)) != own) m_header.fail(key, "contains text that is not UTF-8");
        return own;
    }

    /// The token that "bos", "eos", "unknown" or "padding" names, -1 for none.
    std::int64_t role(const std::string& name) const {
        const std::string key = "tokenizer.ggml." + name + "_token_id";
        const std::int64_t id = m_header.integer(key).value_or(-1);
        if (id >= static_cast<std::int64_t>(m_tokens.size()))
            m_header.fail(key, "is beyond the vocabulary", std::to_string(id));
        return std::max<std::int64_t>(id, -1);
    }
    const std::string& token(std::int64_t id) const { return m_tokens[static_cast<std::size_t>(id)]; }

    StageJson vocabulary() const {
        StageJson words = StageJson::object();
        for (std::size_t id = 0; id < m_tokens.size(); ++id)
            words[m_tokens[id]] = id;
        return words;
    }

    StageJson added() const {
        StageJson list = StageJson::array();
        for (std::size_t id = 0; id < m_types.size(); ++id) {
            const bool special = m_types[id] == unknown_token || m_types[id] == control_token;
            if (!special && m_types[id] != user_token) continue;
            list.push_back({{"id", id},
                            {"content", m_tokens[id]},
                            {"single_word", false},
                            {"lstrip", false},
                            {"rstrip", false},
                            {"normalized", false},
                            {"special", special}});
        }
        return list;
    }

    // Start and end token around each text.
    StageJson frame(bool begin, bool end) const {
        StageJson special = StageJson::object(), single = StageJson::array(), pair = StageJson::array();
        const auto token_piece = [&](bool wanted, const char* name, int type_id, StageJson& to) {
            const std::int64_t id = wanted ? role(name) : -1;
            if (id < 0) return;
            to.push_back({{"SpecialToken", {{"id", token(id)}, {"type_id", type_id}}}});
            special[token(id)] = {{"id", token(id)}, {"ids", {id}}, {"tokens", {token(id)}}};
        };
        const auto text_piece = [&](StageJson& to, const char* which, int type_id) {
            token_piece(begin, "bos", type_id, to);
            to.push_back({{"Sequence", {{"id", which}, {"type_id", type_id}}}});
            token_piece(end, "eos", type_id, to);
        };
        text_piece(single, "A", 0);
        text_piece(pair, "A", 0);
        text_piece(pair, "B", 1);
        if (special.empty()) return nullptr;
        return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", special}};
    }

private:
    const GgufHeader& m_header;
    std::vector<std::string> m_tokens;
    std::unordered_map<std::string, std::size_t> m_ids;
    std::vector<int> m_types;
};

StageJson byte_level_document(const GgufHeader& header, const Source& source) {
    const PreTokenizer& pre = pre_tokenizer_of(header);
    StageJson merges = StageJson::array();
    const std::string key = "tokenizer.ggml.merges";
    for (const std::string_view merge : source.texts(key)) {
        if (merge.find(' ') == std::string_view::npos)
            header.fail(key, "contains a merge that is not two tokens", std::to_string(merges.size()));
        merges.push_back(source.clean(merge, key));
    }
    StageJson stages = StageJson::array();
    if (pre.digits) stages.push_back({{"type", "Digits"}, {"individual_digits", true}});
    for (const char* pattern : pre.patterns)
        stages.push_back(split(pattern));
    stages.push_back(byte_level(pre.patterns.empty()));
    StageJson document = {{"version", "1.0"},
                          {"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", stages}}},
                          {"model",
                           {{"type", "BPE"},
                            {"ignore_merges", pre.whole_words},
                            {"vocab", source.vocabulary()},
                            {"merges", std::move(merges)}}},
                          {"decoder", byte_level(true)}};
    if (pre.composed) document["normalizer"] = {{"type", "NFC"}};
    document["post_processor"] = source.frame(header.flag("tokenizer.ggml.add_bos_token").value_or(pre.begins),
                                              header.flag("tokenizer.ggml.add_eos_token").value_or(false));
    return document;
}

// Two pieces merge when their union is a piece; the better its score, the earlier. Of
// equal scores the one with the longer parts goes first, the left part before the right, as the reference converter
// orders them.
StageJson merges_by_score(const GgufHeader& header, const Source& source) {
    const std::vector<double> scores = header.reals("tokenizer.ggml.scores");
    if (scores.size() != source.tokens().size())
        header.fail("tokenizer.ggml.scores", "differs in length from tokenizer.ggml.tokens",
                    std::to_string(scores.size()));
    struct Merge {
        double score;
        std::size_t left, right; // ids
        std::size_t characters_left, characters_right;
    };
    constexpr std::size_t longest_piece = 256;    // bytes: beyond every real one
    constexpr std::size_t max_merges = 4'000'000; // as many as a tokenizer.json may list
    std::vector<Merge> merges;
    for (std::size_t id = 0; id < source.tokens().size(); ++id) {
        if (merges.size() > max_merges)
            header.fail("tokenizer.ggml.tokens", "contains pieces that make more than 4,000,000 merges");
        const std::string& piece = source.tokens()[id];
        if (piece.size() > longest_piece) continue;
        for (std::size_t cut = 1; cut < piece.size(); ++cut) {
            if ((static_cast<unsigned char>(piece[cut]) & 0xC0) == 0x80) continue; // inside a character
            const std::string left = piece.substr(0, cut), right = piece.substr(cut);
            if (source.known(left) && source.known(right))
                merges.push_back({scores[id], source.id_of(left), source.id_of(right), decode_utf8(left).size(),
                                  decode_utf8(right).size()});
        }
    }
    std::stable_sort(merges.begin(), merges.end(), [&](const Merge& a, const Merge& b) {
        return std::tuple(a.score, a.characters_left, a.characters_right) >
               std::tuple(b.score, b.characters_left, b.characters_right);
    });
    StageJson list = StageJson::array();
    for (const Merge& merge : merges)
        list.push_back(StageJson::array({source.tokens()[merge.left], source.tokens()[merge.right]}));
    return list;
}

StageJson scored_document(const GgufHeader& header, const Source& source) {
    const bool prefix = header.flag("tokenizer.ggml.add_space_prefix").value_or(true);
    const std::string blank = "\u2581";
    StageJson normalizers = StageJson::array();
    if (prefix) normalizers.push_back({{"type", "Prepend"}, {"prepend", blank}});
    normalizers.push_back({{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", blank}});
    StageJson decoders = StageJson::array({{{"type", "Replace"}, {"pattern", {{"String", blank}}}, {"content", " "}},
                                           {{"type", "ByteFallback"}},
                                           {{"type", "Fuse"}}});
    if (prefix) decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    const std::int64_t unknown = source.role("unknown");
    return {{"version", "1.0"},
            {"normalizer", {{"type", "Sequence"}, {"normalizers", normalizers}}},
            {"model",
             {{"type", "BPE"},
              {"unk_token", unknown < 0 ? StageJson() : StageJson(source.token(unknown))},
              {"fuse_unk", true},
              {"byte_fallback", true},
              {"vocab", source.vocabulary()},
              {"merges", merges_by_score(header, source)}}},
            {"decoder", {{"type", "Sequence"}, {"decoders", decoders}}},
            {"post_processor", source.frame(header.flag("tokenizer.ggml.add_bos_token").value_or(true),
                                            header.flag("tokenizer.ggml.add_eos_token").value_or(false))}};
}

std::optional<std::filesystem::path> file_of(const TokenizerFiles& files) {
    const auto file = gguf_of(files.folder());
    // A folder may be narrowed to some of its files.
    return file && (*file == files.folder() || files.has(file->filename().string())) ? file : std::nullopt;
}

} // namespace

StageJson gguf_tokenizer(const GgufHeader& header) {
    const auto model = header.text("tokenizer.ggml.model");
    if (!model) header.fail("tokenizer.ggml.model", "is missing");
    if (*model != "gpt2" && *model != "llama")
        header.fail("tokenizer.ggml.model", "unsupported: this kind of tokenizer is not read from GGUF files",
                    model->substr(0, 64), "Choose from gpt2, llama");
    const Source source(header);
    StageJson document = *model == "gpt2" ? byte_level_document(header, source) : scored_document(header, source);
    document["added_tokens"] = source.added();
    return document;
}

std::string gguf_tokenizer_note(const GgufHeader& header) {
    if (header.text("tokenizer.ggml.model").value_or("") != "gpt2") return {};
    const auto pre = header.text("tokenizer.ggml.pre");
    if (pre && *pre != unnamed_pre) return {};
    return "tokenizer.ggml.pre " + std::string(pre ? "is \"default\"" : "is missing") +
           ": text is split as llama.cpp does by default, which may differ from how this model was trained; convert "
           "the model again, or use its Hugging Face folder";
}

StageJson gguf_tokenizer_config(const GgufHeader& header) {
    const Source source(header);
    StageJson config = {{"tokenizer_class", "PreTrainedTokenizerFast"}};
    for (const auto& [role, field] : {std::pair("bos", "bos_token"), std::pair("eos", "eos_token"),
                                      std::pair("unknown", "unk_token"), std::pair("padding", "pad_token")}) {
        if (const std::int64_t id = source.role(role); id >= 0) config[field] = source.token(id);
    }
    if (const auto chat = header.text("tokenizer.chat_template")) config["chat_template"] = *chat;
    const std::string length = header.text("general.architecture").value_or("") + ".context_length";
    if (const auto positions = header.integer(length)) config["model_max_length"] = *positions;
    return config;
}

bool has_gguf_tokenizer(const TokenizerFiles& files) {
    return file_of(files).has_value();
}

std::shared_ptr<const Tokenizer> load_gguf_tokenizer(const TokenizerFiles& files) {
    const std::string name = file_of(files)->string();
    const FileMapping mapping(name);
    return Tokenizer::from_document(gguf_tokenizer(GgufHeader(mapping, name)), name);
}

} // namespace diapason
