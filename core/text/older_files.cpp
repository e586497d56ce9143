#include "core/text/older_files.h"

#include "core/base/error.h"
#include "core/text/special_tokens.h"
#include "core/text/unicode.h"
#include "core/text/vocabulary.h"

#include <map>
#include <span>

namespace diapason {
namespace {

// Lines without their ends; the empty rest behind the last line end is no line.
std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = text.find('\n', at);
        if (end == std::string::npos) end = text.size();
        lines.push_back(text.substr(at, end - at));
        if (lines.back().ends_with('\r')) lines.back().pop_back();
        at = end + 1;
    }
    return lines;
}

// The id that a token has or will get; what is neither in the vocabulary nor added is an error of the files.
std::int64_t id_in(const StageJson& vocabulary, const SpecialTokens& special, const std::string& token,
                   const StagePlace& place) {
    const auto found = vocabulary.find(token);
    if (found != vocabulary.end() && found->is_number_integer()) return found->get<std::int64_t>();
    auto next = static_cast<std::int64_t>(vocabulary.size());
    for (const StageJson& added : special.added()) {
        const auto content = added.at("content").get<std::string>();
        if (vocabulary.contains(content)) continue;
        if (content == token) return next;
        ++next;
    }
    place.fail("lacks the special token " + token);
}

StageJson template_piece(const char* kind, const std::string& id, int type_id) {
    return {{kind, {{"id", id}, {"type_id", type_id}}}};
}

StageJson special_entry(const std::string& token, std::int64_t id) {
    return {{"id", token}, {"ids", {id}}, {"tokens", {token}}};
}

// "<s>" before each text, as decoders put it.
StageJson bos_template(const std::string& bos, std::int64_t id) {
    const StageJson first = template_piece("SpecialToken", bos, 0), a = template_piece("Sequence", "A", 0);
    const StageJson second = template_piece("SpecialToken", bos, 1), b = template_piece("Sequence", "B", 1);
    return {{"type", "TemplateProcessing"},
            {"single", StageJson::array({first, a})},
            {"pair", StageJson::array({first, a, second, b})},
            {"special_tokens", {{bos, special_entry(bos, id)}}}};
}

constexpr SpecialRole bert_roles[] = {{"pad_token", "[PAD]"},
                                      {"unk_token", "[UNK]"},
                                      {"cls_token", "[CLS]"},
                                      {"sep_token", "[SEP]"},
                                      {"mask_token", "[MASK]"}};
constexpr SpecialRole roberta_roles[] = {{"bos_token", "<s>"},          {"pad_token", "<pad>"}, {"eos_token", "</s>"},
                                         {"unk_token", "<unk>"},        {"cls_token", "<s>"},   {"sep_token", "</s>"},
                                         {"mask_token", "<mask>", true}};
constexpr SpecialRole gpt2_roles[] = {{"bos_token", "<|endoftext|>"},
                                      {"eos_token", "<|endoftext|>"},
                                      {"unk_token", "<|endoftext|>"},
                                      {"pad_token", nullptr}};
constexpr SpecialRole qwen2_roles[] = {
    {"bos_token", nullptr}, {"eos_token", "<|endoftext|>"}, {"unk_token", nullptr}, {"pad_token", "<|endoftext|>"}};

// What the classes of byte-level tokenizers differ in.
struct ByteLevelFamily {
    std::span<const SpecialRole> roles;
    bool brackets;       ///< <s> A </s></s> B </s>
    const char* pattern; ///< null: GPT-2's
};

const ByteLevelFamily* family_of(const std::string& tokenizer_class) {
    static const ByteLevelFamily gpt2{gpt2_roles, false, nullptr};
    static const ByteLevelFamily roberta{roberta_roles, true, nullptr};
    static const ByteLevelFamily qwen2{
        qwen2_roles, false,
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
    static const std::map<std::string, const ByteLevelFamily*> families = {
        {"", &gpt2},
        {"GPT2Tokenizer", &gpt2},
        {"CodeGenTokenizer", &gpt2},
        {"GPTNeoXTokenizer", &gpt2},
        {"RobertaTokenizer", &roberta},
        {"BartTokenizer", &roberta},
        {"LongformerTokenizer", &roberta},
        {"LEDTokenizer", &roberta},
        {"MvpTokenizer", &roberta},
        {"Qwen2Tokenizer", &qwen2},
    };
    const auto found = families.find(tokenizer_class);
    return found == families.end() ? nullptr : found->second;
}

} // namespace

bool has_bert_files(const TokenizerFiles& files) {
    return files.has("vocab.txt");
}

std::shared_ptr<const Tokenizer> load_bert_files(const TokenizerFiles& files) {
    const StagePlace place{files.path("vocab.txt").string(), {}};
    const SpecialTokens special(files, bert_roles);
    const auto lines = lines_of(files.read("vocab.txt"));
    if (lines.size() > Vocabulary::max_entries) place.fail("has more than 2,000,000 lines");
    StageJson vocabulary = StageJson::object();
    for (std::size_t i = 0; i < lines.size(); ++i)
        vocabulary[encode_utf8(decode_utf8(lines[i]))] = i; // of two equal lines the later one counts
    const StageJson& config = special.config();
    const std::string cls = special.content("cls_token"), sep = special.content("sep_token");
    const auto setting = [&](const char* name) { return config.contains(name) ? config.at(name) : StageJson(); };
    const StageJson document = {
        {"normalizer",
         {{"type", "BertNormalizer"},
          {"clean_text", setting("clean_text")},
          {"handle_chinese_chars", setting("tokenize_chinese_chars")},
          {"strip_accents", setting("strip_accents")},
          {"lowercase", setting("do_lower_case")}}},
        {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
        {"model", {{"type", "WordPiece"}, {"unk_token", special.content("unk_token")}, {"vocab", vocabulary}}},
        {"post_processor",
         {{"type", "BertProcessing"},
          {"cls", {cls, id_in(vocabulary, special, cls, place)}},
          {"sep", {sep, id_in(vocabulary, special, sep, place)}}}},
        {"decoder", {{"type", "WordPiece"}}},
        {"added_tokens", special.added()}};
    return Tokenizer::from_document(document, place.file);
}

bool has_byte_level_files(const TokenizerFiles& files) {
    return files.has("vocab.json") && files.has("merges.txt");
}

std::shared_ptr<const Tokenizer> load_byte_level_files(const TokenizerFiles& files) {
    const StagePlace place{files.path("vocab.json").string(), {}};
    const SpecialTokens unread(files, {});
    const ByteLevelFamily* family = family_of(unread.tokenizer_class());
    if (!family) {
        (unread.place() / "tokenizer_class")
            .fail("unsupported: vocab.json and merges.txt of this tokenizer class; use its tokenizer.json",
                  unread.tokenizer_class());
    }
    const SpecialTokens special(files, family->roles);
    const StageJson vocabulary = files.read_object("vocab.json");
    StageJson merges = StageJson::array();
    bool first = true;
    for (const std::string& line : lines_of(files.read("merges.txt"))) {
        // One comment, the first line: elsewhere a number sign is part of a merge.
        const bool comment = first && line.starts_with("#version");
        first = false;
        if (!comment && !line.empty()) merges.push_back(line);
    }
    const bool prefix = special.flag("add_prefix_space", false);
    const StageJson byte_level = {
        {"type", "ByteLevel"}, {"add_prefix_space", prefix}, {"use_regex", family->pattern == nullptr}};
    StageJson document = {
        {"pre_tokenizer", byte_level},
        {"model",
         {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", std::move(merges)}, {"continuing_subword_prefix", ""}}},
        {"decoder", {{"type", "ByteLevel"}}},
        {"added_tokens", special.added()}};
    if (family->pattern) {
        document["normalizer"] = {{"type", "NFC"}};
        document["pre_tokenizer"] = {
            {"type", "Sequence"},
            {"pretokenizers",
             StageJson::array({{{"type", "Split"}, {"pattern", {{"Regex", family->pattern}}}, {"behavior", "Isolated"}},
                               byte_level})}};
    }
    if (family->brackets) {
        const std::string cls = special.content("cls_token"), sep = special.content("sep_token");
        document["post_processor"] = {{"type", "RobertaProcessing"},
                                      {"trim_offsets", special.flag("trim_offsets", true)},
                                      {"add_prefix_space", prefix},
                                      {"cls", {cls, id_in(vocabulary, special, cls, place)}},
                                      {"sep", {sep, id_in(vocabulary, special, sep, place)}}};
    } else if (special.flag("add_bos_token", false) && !special.content("bos_token").empty()) {
        const std::string bos = special.content("bos_token");
        document["post_processor"] = bos_template(bos, id_in(vocabulary, special, bos, place));
    }
    try {
        return Tokenizer::from_document(document, place.file);
    } catch (const Error& error) { // that names a field of the document made above
        ErrorDetails details = error.details();
        if (details.field.starts_with("model.merges")) details.file = files.path("merges.txt").string();
        throw Error(error.kind(), std::move(details));
    }
}

} // namespace diapason
