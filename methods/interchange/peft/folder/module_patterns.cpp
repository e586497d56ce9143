#include "methods/interchange/peft/folder/module_patterns.h"

#include "core/text/unicode.h"

#include <algorithm>
#include <cctype>

namespace diapason::peft {
namespace {

constexpr std::size_t max_patterns = 10'000;
constexpr std::size_t max_steps = 200'000'000; // of all searches: a second or two
constexpr std::size_t steps_of_a_search = 1'000'000;

// Names of modules, as nearly all patterns are: a dot means any character.
bool is_plain(const std::string& key) {
    return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
    });
}

bool ends_with_plain(const std::string& path, const std::string& key) {
    if (path.size() < key.size()) return false;
    const std::size_t begin = path.size() - key.size();
    if (begin > 0 && path[begin - 1] != '.') return false;
    return std::equal(key.rbegin(), key.rend(), path.rbegin(), [](char k, char c) { return k == '.' || k == c; });
}

// A pattern of Python's in Oniguruma's words: anchors of the text differ, and inside of a class an opening bracket or a
// doubled ampersand means nothing in Python.
std::string portable_pattern(const std::string& python) {
    std::string pattern;
    bool in_class = false;
    for (std::size_t i = 0; i < python.size(); ++i) {
        const char c = python[i];
        if (c == '\\' && i + 1 < python.size()) {
            const char escaped = python[++i];
            pattern += {'\\', escaped == 'Z' ? 'z' : escaped};
        } else if (in_class) {
            if (c == '[' || c == '&') pattern += '\\';
            pattern += c;
            in_class = c != ']';
        } else if (c == '[') {
            in_class = true;
            pattern += c;
            if (python.compare(i + 1, 1, "^") == 0) pattern += python[++i];
            if (python.compare(i + 1, 1, "]") == 0) pattern += std::string("\\") + python[++i]; // a member
        } else {
            pattern += c == '^' ? "\\A" : c == '$' ? "\\Z" : std::string(1, c);
        }
    }
    return pattern;
}

} // namespace

ModulePatterns::ModulePatterns(const Settings& settings, const char* field)
    : m_settings(settings),
      m_field(field),
      m_steps(max_steps) {
    const Json& patterns = settings.field(field);
    if (patterns.is_null()) return;
    if (!patterns.is_object()) throw settings.error(field, "must be an object");
    if (patterns.size() > max_patterns)
        throw settings.error(field, "has " + std::to_string(patterns.size()) + " entries, more than the limit of " +
                                        std::to_string(max_patterns));
    for (const auto& [key, value] : patterns.items()) {
        const auto refused = [&](const std::string& what) { return settings.error(field, "\"" + key + "\": " + what); };
        if (!value.is_number()) throw refused("must be a number");
        if (key.size() >= 1000) throw refused("too long for a regular expression");
        Entry entry{key, {}, value.get<double>()};
        if (!is_plain(key)) {
            try {
                entry.pattern = Pattern::regex("\\A(?:.*\\.)?(?:" + portable_pattern(key) + ")\\z", {}, field);
            } catch (const Error& error) {
                throw refused(error.details().what);
            }
        }
        m_entries.push_back(std::move(entry));
    }
}

std::optional<double> ModulePatterns::value_for(const std::string& path) const {
    const std::u32string characters = decode_utf8(path);
    for (const Entry& entry : m_entries) {
        bool found = false;
        std::size_t left = std::min(m_steps, steps_of_a_search);
        const std::size_t before = left;
        try {
            found =
                entry.pattern ? !entry.pattern->matches(characters, left).empty() : ends_with_plain(path, entry.key);
        } catch (const Error& error) {
            throw m_settings.error(m_field, "\"" + entry.key + "\": " + error.details().what);
        }
        m_steps -= std::min(m_steps, before - left + 1);
        if (m_steps == 0) throw m_settings.error(m_field, "its patterns take too many steps together");
        if (found) return entry.value;
    }
    return std::nullopt;
}

} // namespace diapason::peft
