// One rendering: what it may still spend, the names that are in reach, and the text that it writes.
#pragma once

#include "core/text/chat/chat_template.h"
#include "core/text/chat/object.h"
#include "core/text/chat/value.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace diapason::chat {

/// The names of one block. Keys are parts of the template or of the run, which outlive it.
struct Scope {
    std::shared_ptr<Scope> outer; ///< null for the outermost
    std::unordered_map<std::string_view, Value> names;
};

class Run {
public:
    Run(const ChatLimits& limits, std::optional<std::int64_t> now)
        : m_limits(limits),
          m_left(limits.work),
          m_now(now) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    // Work: a unit stands for a step, or for 16 bytes that are made. All @throw Fault when it is used up.
    void spend(std::size_t units) {
        if (units > m_left) fail_spent();
        m_left -= units;
    }
    /// Before so many bytes of text or items of a list are made: whether they may be.
    void allow_bytes(std::size_t bytes) const;
    void allow_items(std::size_t items) const;

    // Values, at their cost.
    Value text(std::string bytes, bool markup = false);
    /// A text made of another one: escaped where that one is.
    Value text_like(const Text& source, std::string bytes) { return text(std::move(bytes), source.markup); }
    Value list(std::vector<Value> items, Form form = Form::list);
    Value range(std::vector<Value> items, std::string shown);
    Value mapping(Mapping mapping);
    template <class T, class... Args>
    T* keep(Args&&... args) { ///< an object of this run
        spend(16);
        auto object = std::make_unique<T>(std::forward<Args>(args)...);
        T* raw = object.get();
        m_objects.push_back(std::move(object));
        return raw;
    }

    /// What a loop over the value goes through: items, keys, characters. A generator is used up.
    /// @throws Fault for what is no list
    Items iterate(const Value& value);

    // Names.
    std::shared_ptr<Scope> scope() const { return m_scope; }
    const Value* find(std::string_view name) const; ///< null when there is none
    void set(std::string_view name, Value value) {
        spend(4);
        m_scope->names.insert_or_assign(name, std::move(value));
    }

    // Output.
    void write(std::string_view text);
    const std::string& output() const { return *m_output; }

    std::optional<std::int64_t> now() const { return m_now; } ///< as ChatContext::now

    int line = 0; ///< of the template, of what is done now

    /// While it lives, names are set in a scope of their own. @param outer what it can see
    class Inner {
    public:
        Inner(Run& run, std::shared_ptr<Scope> outer);
        explicit Inner(Run& run) : Inner(run, run.m_scope) {}
        ~Inner() { m_run.m_scope = std::move(m_before); }
        Inner(const Inner&) = delete;
        Inner& operator=(const Inner&) = delete;

    private:
        Run& m_run;
        std::shared_ptr<Scope> m_before;
    };
    /// While it lives, what is written goes here.
    class Capture {
    public:
        explicit Capture(Run& run) : m_run(run), m_before(std::exchange(run.m_output, &m_text)) {}
        ~Capture() { m_run.m_output = m_before; }
        Capture(const Capture&) = delete;
        Capture& operator=(const Capture&) = delete;
        std::string take() { return std::move(m_text); }

    private:
        Run& m_run;
        std::string m_text;
        std::string* m_before;
    };
    /// One more level of expressions, blocks and macros within each other. @throws Fault when there are too many
    class Level {
    public:
        explicit Level(Run& run) : m_run(run) {
            if (++run.m_depth > max_depth) run.fail_deep();
        }
        ~Level() { --m_run.m_depth; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;

    private:
        Run& m_run;
    };

    static constexpr int max_depth = 800;        ///< frames of about 500 bytes
    static constexpr int max_value_height = 100; ///< lists within lists

private:
    [[noreturn]] void fail_spent() const;
    [[noreturn]] void fail_deep();

    const ChatLimits& m_limits;
    std::size_t m_left;
    std::optional<std::int64_t> m_now;
    int m_depth = 0;
    std::string m_written;
    std::string* m_output = &m_written;
    std::vector<std::unique_ptr<Object>> m_objects; ///< outlive the scopes, whose values point to them
    std::shared_ptr<Scope> m_scope = std::make_shared<Scope>();
};

} // namespace diapason::chat
