#include "core/text/chat/chat_files.h"

#include "core/backbone/gguf.h"
#include "core/backbone/source_folder.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/remedy.h"
#include "core/text/chat/chat_template.h"
#include "core/text/tokenizer_files.h"

#include <algorithm>
#include <set>
#include <utility>

namespace diapason {
namespace fs = std::filesystem;
namespace {

constexpr const char* remedy = "Download the file again, or remove it";
constexpr std::size_t max_templates = 64;

/// A role as tokenizer files name it, and as GGUF files do.
struct Role {
    const char* name;
    const char* gguf;
};
constexpr Role roles[] = {{"bos_token", "bos"},       {"eos_token", "eos"},     {"unk_token", "unknown"},
                          {"sep_token", "seperator"}, {"pad_token", "padding"}, {"cls_token", "cls"},
                          {"mask_token", "mask"}};

std::string read_template(const fs::path& folder, const fs::path& file) {
    if (fs::is_symlink(fs::symlink_status(file)) && !stays_inside(folder, file))
        throw input_error(file.string(), "points outside the folder",
                          "Copy the folder with its links resolved (cp -rL)");
    return read_file(file, ChatTemplate::max_bytes);
}

// The files that contain nothing but a template.
std::vector<ChatFiles::Entry> template_files(const fs::path& folder) {
    std::vector<ChatFiles::Entry> found;
    const fs::path file = folder / "chat_template.jinja";
    if (fs::is_regular_file(file)) found.push_back({"default", read_template(folder, file), file.string()});
    std::error_code error;
    std::set<fs::path> others; // in an order that does not depend on the disk
    for (const auto& item : fs::directory_iterator(folder / "additional_chat_templates", error)) {
        if (item.path().extension() == ".jinja" && item.is_regular_file()) others.insert(item.path());
        if (others.size() > max_templates)
            throw input_error((folder / "additional_chat_templates").string(), "contains more than 64 templates",
                              remedy);
    }
    for (const fs::path& other : others)
        found.push_back({other.stem().string(), read_template(folder, other), other.string()});
    return found;
}

[[noreturn]] void fail(const std::string& file, const std::string& field, const char* what) {
    throw Error(ErrorKind::input, {what, file, in_one_line(field, 100), {}, remedy});
}

std::vector<ChatFiles::Entry> templates_of_config(const StageJson& config, const std::string& file) {
    const auto given = config.find("chat_template");
    if (given == config.end() || given->is_null()) return {};
    const std::string field = "chat_template";
    if (given->is_string()) return {{"default", given->get<std::string>(), file + ": " + field}};
    if (!given->is_array() || given->size() > max_templates)
        fail(file, field, "is neither a template nor a list of at most 64");
    std::vector<ChatFiles::Entry> found;
    for (const StageJson& entry : *given) {
        const std::string place = field + "[" + std::to_string(found.size()) + "]";
        const auto text_in = [&](const char* key) {
            if (!entry.is_object() || !entry.contains(key) || !entry.at(key).is_string())
                fail(file, place + "." + key, "is missing or not a text");
            return entry.at(key).get<std::string>();
        };
        found.push_back({text_in("name"), text_in("template"), file + ": " + place});
    }
    return found;
}

// A token is a text or an object with its content.
std::string token_of(const StageJson& document, const char* name, const std::string& file) {
    const auto token = document.find(name);
    if (token == document.end() || token->is_null()) return {};
    const StageJson content = token->is_object() ? token->value("content", StageJson()) : *token;
    if (!content.is_string()) fail(file, name, "is not a token");
    return content.get<std::string>();
}

ChatFiles read_folder(const fs::path& folder) {
    const TokenizerFiles files(folder);
    const std::string config_file = files.path("tokenizer_config.json").string();
    const StageJson config = files.read_object("tokenizer_config.json");
    const StageJson map = files.read_object("special_tokens_map.json");
    ChatFiles chat;
    chat.templates = template_files(folder);
    if (chat.templates.empty()) chat.templates = templates_of_config(config, config_file);
    for (const Role& role : roles) {
        std::string token = token_of(config, role.name, config_file);
        if (token.empty()) token = token_of(map, role.name, files.path("special_tokens_map.json").string());
        if (!token.empty()) chat.special_tokens[role.name] = std::move(token);
    }
    return chat;
}

ChatFiles read_gguf(const fs::path& file) {
    const FileMapping mapping(file.string());
    const GgufHeader header(mapping, file.string());
    const std::string key = "tokenizer.chat_template";
    ChatFiles chat;
    const auto add = [&](const std::string& name, const std::string& at) {
        if (const auto source = header.text(at))
            chat.templates.push_back({name, *source, header.name() + ": " + in_one_line(at, 100)});
    };
    add("default", key);
    const auto names = header.texts("tokenizer.chat_templates");
    if (names.size() > max_templates) header.fail("tokenizer.chat_templates", "names more than 64 templates");
    for (const std::string_view name : names)
        add(std::string(name), key + "." + std::string(name));
    const auto tokens = header.texts("tokenizer.ggml.tokens");
    for (const Role& role : roles) {
        const std::string id_key = "tokenizer.ggml." + std::string(role.gguf) + "_token_id";
        const auto id = header.integer(id_key);
        if (!id || *id < 0) continue;
        if (static_cast<std::size_t>(*id) >= tokens.size())
            header.fail(id_key, "is beyond the vocabulary", std::to_string(*id), remedy);
        chat.special_tokens[role.name] = tokens[static_cast<std::size_t>(*id)];
    }
    return chat;
}

} // namespace

const ChatFiles::Entry* ChatFiles::find(const std::string& name) const {
    const auto found = std::find_if(templates.begin(), templates.end(), [&](const Entry& e) { return e.name == name; });
    if (found != templates.end()) return &*found;
    return name == "default" && templates.size() == 1 ? &templates.front() : nullptr;
}

ChatFiles read_chat_files(const fs::path& backbone) {
    return with_remedy(remedy, [&] {
        const auto gguf = gguf_of(backbone);
        return gguf ? read_gguf(*gguf) : read_folder(backbone);
    });
}

} // namespace diapason
