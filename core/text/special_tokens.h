// The special tokens that tokenizer_config.json and its companions name beside a vocabulary.
#pragma once

#include "core/text/added_tokens.h"
#include "core/text/tokenizer_files.h"

#include <span>
#include <string>
#include <unordered_set>
#include <vector>

namespace diapason {

/// One role, for example {"mask_token", "<mask>", true}: its content where the files do not say, and whether that one
/// takes the blank before it along.
struct SpecialRole {
    const char* field;
    const char* content; ///< null: no such token unless the files name one
    bool lstrip = false;
};

class SpecialTokens {
public:
    /// Reads tokenizer_config.json, special_tokens_map.json and added_tokens.json, those that are there.
    /// @throws Error(input)
    SpecialTokens(const TokenizerFiles& files, std::span<const SpecialRole> roles);

    const StageJson& config() const { return m_config; }
    StagePlace place() const { return m_place; }
    /// tokenizer_class without "Fast"; empty when the files do not say.
    std::string tokenizer_class() const;
    std::string content(const std::string& field) const; ///< empty when there is no such token
    bool flag(const char* name, bool fallback) const { return stage_value(m_config, name, fallback, m_place); }

    /// As the list added_tokens of a tokenizer.json, in the order in which ids are given.
    const StageJson& added() const { return m_added; }

private:
    void add(const StageJson& token, const StagePlace& place);
    void add_role(const SpecialRole& role, const StageJson& map);

    StageJson m_config;
    StagePlace m_place;
    StageJson m_added = StageJson::array();
    std::unordered_set<std::string> m_known; ///< their contents
    StageJson m_roles = StageJson::object();
};

} // namespace diapason
