// Which files make a tokenizer, and the formats that read them.
#pragma once

#include "core/text/tokenizer.h"
#include "core/text/tokenizer_stages.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace diapason {

/// The files of a folder that may be read.
class TokenizerFiles {
public:
    static constexpr std::size_t max_bytes = 256u << 20;

    explicit TokenizerFiles(std::filesystem::path folder) : m_folder(std::move(folder)) {}
    TokenizerFiles(std::filesystem::path folder, const std::vector<std::string>& allowed)
        : m_folder(std::move(folder)),
          m_allowed(std::in_place, allowed.begin(), allowed.end()) {}

    const std::filesystem::path& folder() const { return m_folder; }
    std::filesystem::path path(const std::string& name) const { return m_folder / name; }
    bool has(const std::string& name) const;
    std::string read(const std::string& name) const;      ///< @throws Error(input)
    StageJson read_json(const std::string& name) const;   ///< @throws Error(input)
    StageJson read_object(const std::string& name) const; ///< empty when there is no such file. @throws Error(input)

private:
    std::filesystem::path m_folder;
    std::optional<std::set<std::string>> m_allowed;
};

struct TokenizerFormat {
    std::string files; ///< what it reads, for messages
    bool (*applies)(const TokenizerFiles&);
    std::shared_ptr<const Tokenizer> (*load)(const TokenizerFiles&);
};

/// SHA-256 (hex) over the names and contents of all files of a folder that a tokenizer may be read from.
std::string hash_of_tokenizer(const std::filesystem::path& folder);

/// Whether load_tokenizer() has a format for the folder's files.
bool is_tokenizer_readable(const std::filesystem::path& folder);

/// Reads with the first format that applies. @throws Error(input)
std::shared_ptr<const Tokenizer> load_tokenizer(const TokenizerFiles& files);

} // namespace diapason
