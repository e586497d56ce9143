// What a backbone's files say about conversations: its chat templates, and the tokens that they speak of.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace diapason {

struct ChatFiles {
    struct Entry {
        std::string name;   ///< "default", "tool_use", "rag"
        std::string source; ///< the template
        std::string origin; ///< file and key, for messages
    };
    std::vector<Entry> templates;                      ///< empty: nobody has said how it converses
    std::map<std::string, std::string> special_tokens; ///< "bos_token" → "<s>": as ChatContext takes them

    /// The template of this name; null when there is none. The only one there is answers to "default", too.
    const Entry* find(const std::string& name = "default") const;
};

/// Reads a backbone: a folder in the Hugging Face layout, a .gguf file, or a folder with one.
/// As the transformers library does, chat_template.jinja and additional_chat_templates/<name>.jinja count instead of
/// what tokenizer_config.json says (chat_template: a text, or a list of {name, template}); the tokens are those of
/// tokenizer_config.json, then of special_tokens_map.json. In GGUF files the keys are tokenizer.chat_template and
/// tokenizer.chat_template.<name>.
/// @throws Error(input) naming the file and field that cannot be read, and for links that lead out of the folder
ChatFiles read_chat_files(const std::filesystem::path& backbone);

} // namespace diapason
