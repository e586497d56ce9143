#include "core/text/tokenizer_files.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/remedy.h"
#include "core/base/sha256.h"
#include "core/base/words.h"
#include "core/text/gguf_tokenizer.h"
#include "core/text/older_files.h"
#include "core/text/sentencepiece_module.h"

#include <algorithm>

namespace diapason {
namespace {

bool has_document(const TokenizerFiles& files) {
    return files.has("tokenizer.json");
}

std::shared_ptr<const Tokenizer> load_document(const TokenizerFiles& files) {
    return Tokenizer::from_document(files.read_json("tokenizer.json"), files.path("tokenizer.json").string());
}

const std::vector<TokenizerFormat>& formats() {
    static const std::vector<TokenizerFormat> list = {
        {"tokenizer.json", has_document, load_document},
        {"vocab.txt", has_bert_files, load_bert_files},
        {"vocab.json + merges.txt", has_byte_level_files, load_byte_level_files},
        {"a .gguf file", has_gguf_tokenizer, load_gguf_tokenizer},
        {"spiece.model or tokenizer.model", has_sentencepiece_model, load_sentencepiece_model}};
    return list;
}

} // namespace

bool TokenizerFiles::has(const std::string& name) const {
    if (m_allowed && m_allowed->count(name) == 0) return false;
    std::error_code error;
    return std::filesystem::is_regular_file(path(name), error);
}

std::string TokenizerFiles::read(const std::string& name) const {
    return read_file(path(name), max_bytes);
}

StageJson TokenizerFiles::read_json(const std::string& name) const {
    return parse_sorted_json(read(name), path(name).string());
}

StageJson TokenizerFiles::read_object(const std::string& name) const {
    if (!has(name)) return StageJson::object();
    StageJson document = read_json(name);
    if (!document.is_object()) throw input_error(path(name).string(), "is not a JSON object");
    return document;
}

std::shared_ptr<const Tokenizer> load_tokenizer(const TokenizerFiles& files) {
    for (const TokenizerFormat& format : formats()) {
        if (format.applies(files)) {
            return with_remedy("Download the tokenizer's files again, or use those of another release of the model",
                               [&] { return format.load(files); });
        }
    }
    throw input_error(files.folder().string(), "contains no tokenizer that Diapason can read",
                      "Looked for " + joined_by(formats(), &TokenizerFormat::files));
}

bool is_tokenizer_readable(const std::filesystem::path& folder) {
    const TokenizerFiles files(folder);
    return std::any_of(formats().begin(), formats().end(),
                       [&](const TokenizerFormat& format) { return format.applies(files); });
}

std::string hash_of_tokenizer(const std::filesystem::path& folder) {
    Sha256 hash;
    for (const char* name :
         {"added_tokens.json", "merges.txt", "sentencepiece.bpe.model", "special_tokens_map.json", "spiece.model",
          "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "vocab.json", "vocab.txt"}) {
        if (std::filesystem::exists(folder / name))
            hash.update(std::string(name) + " " + sha256_of_file(folder / name) + "\n");
    }
    return hash.hex();
}

} // namespace diapason
