#include "core/text/special_tokens.h"

#include "core/base/whole_number.h"

#include <map>

namespace diapason {
namespace {

// A token is a text or an object with its content and how it is found.
StageJson as_token(const StageJson& value, const StagePlace& place) {
    if (value.is_string()) return {{"content", value}, {"special", true}, {"normalized", false}};
    if (!value.is_object() || !value.contains("content")) place.fail("is not a token", value.dump());
    StageJson token = value;
    if (!token.contains("special")) token["special"] = true;
    if (!token.contains("normalized")) token["normalized"] = false;
    return token;
}

} // namespace

SpecialTokens::SpecialTokens(const TokenizerFiles& files, std::span<const SpecialRole> roles)
    : m_config(files.read_object("tokenizer_config.json")),
      m_place{files.path("tokenizer_config.json").string(), {}} {
    const StageJson map = files.read_object("special_tokens_map.json");
    // First those whose ids are given, in that order, so that they get these ids.
    std::map<std::int64_t, StageJson> by_id;
    if (const auto list = m_config.find("added_tokens_decoder"); list != m_config.end() && list->is_object()) {
        for (const auto& [id, token] : list->items()) {
            const StagePlace here = m_place / "added_tokens_decoder" / id;
            const auto number = whole_number<std::int32_t>(id);
            if (!number || *number < 0) here.fail("is not a token id");
            by_id.emplace(*number, as_token(token, here));
        }
    }
    const StageJson added = files.read_object("added_tokens.json");
    for (const auto& [content, id] : added.items()) {
        if (!id.is_number_integer())
            StagePlace{files.path("added_tokens.json").string(), content}.fail("is not a token id", id.dump());
        by_id.emplace(id.get<std::int64_t>(),
                      StageJson{{"content", content}, {"special", false}, {"normalized", true}});
    }
    for (const auto& [id, token] : by_id)
        add(token, m_place / "added_tokens_decoder");
    for (const SpecialRole& role : roles)
        add_role(role, map);
    for (const char* field : {"additional_special_tokens", "extra_special_tokens"}) {
        for (const StageJson* source : {&config(), &map}) {
            const auto list = source->find(field);
            if (list == source->end() || list->is_null()) continue;
            if (!list->is_structured()) (m_place / field).fail("must be a list", list->dump());
            for (const StageJson& token : *list)
                add(as_token(token, m_place / field), m_place / field);
        }
    }
}

void SpecialTokens::add(const StageJson& token, const StagePlace& place) {
    const std::string content = read_added_token(token, place).content;
    if (content.empty() || !m_known.insert(content).second) return;
    m_added.push_back(token);
}

void SpecialTokens::add_role(const SpecialRole& role, const StageJson& map) {
    StageJson token;
    for (const StageJson* source : {&config(), &map}) {
        const auto named = source->find(role.field);
        if (named == source->end() || named->is_null()) continue;
        token = as_token(*named, m_place / role.field);
        break;
    }
    if (token.is_null()) {
        if (!role.content) return;
        token = {{"content", role.content}, {"special", true}, {"normalized", false}, {"lstrip", role.lstrip}};
    }
    m_roles[role.field] = token.at("content");
    add(token, m_place / role.field);
}

std::string SpecialTokens::tokenizer_class() const {
    auto name = stage_value<std::string>(m_config, "tokenizer_class", "", m_place);
    if (name.ends_with("Fast")) name.resize(name.size() - 4);
    return name;
}

std::string SpecialTokens::content(const std::string& field) const {
    return stage_value<std::string>(m_roles, field.c_str(), "", m_place);
}

} // namespace diapason
