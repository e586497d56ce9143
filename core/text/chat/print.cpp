#include "core/text/chat/print.h"

#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace diapason::chat {
namespace {

class Printer {
public:
    explicit Printer(Run& run) : m_run(run) {}

    void print(const Value& value) {
        if (value.is_none())
            add("None");
        else if (value.is_undefined())
            add("Undefined");
        else if (value.boolean() != nullptr)
            add(*value.boolean() ? "True" : "False");
        else if (value.integer() != nullptr)
            add(std::to_string(*value.integer()));
        else if (value.real() != nullptr)
            add(shown(*value.real()));
        else if (const Text* text = value.text())
            add(text->markup ? "Markup(" + chat::quoted(text->bytes) + ")" : chat::quoted(text->bytes));
        else if (const Sequence* sequence = value.sequence())
            print(*sequence);
        else if (const Mapping* mapping = value.mapping())
            print(*mapping);
        else
            add(value.object()->shown(m_run));
    }
    std::string take() { return std::move(m_out); }

private:
    void add(std::string_view text) {
        m_run.allow_bytes(m_out.size() + text.size());
        m_run.spend(1 + text.size() / 16);
        m_out += text;
    }

    void print(const Sequence& sequence) {
        struct Frame {
            const char* begin;
            const char* end;
        };
        static const Frame frames[] = {{"[", "]"},
                                       {"(", ")"},
                                       {"", ""},
                                       {"", ""},
                                       {"dict_keys([", "])"},
                                       {"dict_values([", "])"},
                                       {"dict_items([", "])"}};
        if (sequence.form == Form::generator) return add("<generator object>");
        if (sequence.form == Form::range) return add(sequence.shown);
        const Frame& frame = frames[static_cast<int>(sequence.form)];
        add(frame.begin);
        for (std::size_t i = 0; i < sequence.items.size(); ++i) {
            if (i > 0) add(", ");
            print(sequence.items[i]);
        }
        if (sequence.form == Form::tuple && sequence.items.size() == 1) add(",");
        add(frame.end);
    }

    void print(const Mapping& mapping) {
        add("{");
        bool first = true;
        for (const auto& [key, item] : mapping.entries()) {
            if (!std::exchange(first, false)) add(", ");
            print(key);
            add(": ");
            print(item);
        }
        add("}");
    }

    Run& m_run;
    std::string m_out;
};

class JsonPrinter {
public:
    JsonPrinter(Run& run, const JsonStyle& style) : m_run(run), m_style(style) {}

    void print(const Value& value) {
        if (const Text* text = value.text())
            add_text(text->bytes);
        else if (const Sequence* list = value.sequence(); list != nullptr && is_list(*list))
            print(*list);
        else if (const Mapping* mapping = value.mapping())
            print(*mapping);
        else
            add(word(value));
    }
    std::string take() { return std::move(m_out); }

private:
    static bool is_list(const Sequence& sequence) {
        return sequence.form == Form::list || sequence.form == Form::tuple;
    }

    void add(std::string_view text) {
        m_run.allow_bytes(m_out.size() + text.size());
        m_run.spend(1 + text.size() / 16);
        m_out += text;
    }

    // Numbers, booleans and null, also as keys.
    static std::string word(const Value& value) {
        if (value.is_none()) return "null";
        if (value.boolean() != nullptr) return *value.boolean() ? "true" : "false";
        if (value.integer() != nullptr) return std::to_string(*value.integer());
        if (const double* real = value.real()) {
            if (std::isnan(*real)) return "NaN";
            if (std::isinf(*real)) return *real > 0 ? "Infinity" : "-Infinity";
            return shown(*real);
        }
        throw Fault(kind_in_words(value) + " cannot be written as JSON");
    }

    void add_text(std::string_view text) {
        m_run.spend(text.size() / 16);
        std::string out = "\"";
        for (const char c : text) {
            static constexpr std::string_view letters = "\"\\\n\r\t\b\f", names = "\"\\nrtbf";
            if (const std::size_t place = letters.find(c); place != std::string_view::npos) {
                out += '\\';
                out += names[place];
            } else if (static_cast<unsigned char>(c) < 0x20) {
                add_escape(out, static_cast<unsigned char>(c));
            } else {
                out += c;
            }
        }
        out += '"';
        add(m_style.ascii ? in_ascii(out) : out);
    }
    static void add_escape(std::string& out, std::uint32_t unit) {
        char escape[16];
        std::snprintf(escape, sizeof escape, "\\u%04x", unit);
        out += escape;
    }
    static std::string in_ascii(std::string_view text) {
        std::string out;
        for (const char32_t c : decode_utf8(text)) {
            if (c < 0x80) {
                out += static_cast<char>(c);
            } else if (c < 0x10000) {
                add_escape(out, c);
            } else { // a surrogate pair
                add_escape(out, 0xD800 + ((c - 0x10000) >> 10));
                add_escape(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
            }
        }
        return out;
    }

    void new_line() {
        if (!m_style.lines) return;
        add("\n");
        for (int level = 0; level < m_level; ++level)
            add(m_style.indent);
    }

    template <class Items, class Print>
    void print_items(const char* begin, const char* end, const Items& items, Print print_item) {
        add(begin);
        ++m_level;
        bool first = true;
        for (const auto& item : items) {
            if (!std::exchange(first, false)) add(m_style.between);
            new_line();
            print_item(item);
        }
        --m_level;
        if (!first) new_line();
        add(end);
    }

    void print(const Sequence& list) {
        print_items("[", "]", list.items, [&](const Value& item) { print(item); });
    }

    void print(const Mapping& mapping) {
        std::vector<std::pair<std::string, const Value*>> entries;
        m_run.spend(4 * mapping.entries().size());
        for (const auto& [key, item] : mapping.entries())
            entries.emplace_back(key.text() != nullptr ? key.text()->bytes : word(key), &item);
        if (m_style.sorted)
            std::stable_sort(entries.begin(), entries.end(),
                             [](const auto& a, const auto& b) { return a.first < b.first; });
        print_items("{", "}", entries, [&](const auto& entry) {
            add_text(entry.first);
            add(m_style.behind_key);
            print(*entry.second);
        });
    }

    Run& m_run;
    const JsonStyle& m_style;
    std::string m_out;
    int m_level = 0;
};

} // namespace

std::string str(Run& run, const Value& value) {
    if (value.is_undefined()) return {};
    if (const Text* text = value.text()) {
        run.spend(text->bytes.size() / 16);
        return text->bytes;
    }
    return repr(run, value);
}

std::string repr(Run& run, const Value& value) {
    Printer printer(run);
    printer.print(value);
    return printer.take();
}

std::string to_json(Run& run, const Value& value, const JsonStyle& style) {
    JsonPrinter printer(run, style);
    printer.print(value);
    return printer.take();
}

} // namespace diapason::chat
