// What is called or keeps something: functions, bound methods, macros, namespaces, loops. And what calls pass on.
#pragma once

#include "core/text/chat/value.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diapason::chat {

class Run;

struct Arguments {
    std::vector<Value> positional;
    std::vector<std::pair<std::string, Value>> named;
};

/// What a function, filter, test or method accepts: the names of its parameters, and how many of them it needs.
struct Signature {
    std::vector<std::string_view> names;
    std::size_t needed = 0;
    bool open = false; ///< takes any further arguments
};

/// Arguments in the order of a signature.
class Bound {
public:
    /// @param who for messages: "the filter replace". @throws Fault for missing, unknown or too many arguments
    Bound(const Signature& signature, const Arguments& arguments, const std::string& who);

    const Value* find(std::size_t place) const { return place < m_values.size() ? m_values[place] : nullptr; }
    const Value& at(std::size_t place) const { return *m_values[place]; } ///< one that is needed
    bool has(std::size_t place) const { return find(place) != nullptr; }
    bool given(std::size_t place) const { return has(place) && !find(place)->is_none(); }
    // With a fallback for what is absent. @throws Fault for a value of another type
    std::int64_t whole(std::size_t place, std::int64_t fallback) const;
    std::string_view text(std::size_t place, std::string_view fallback = {}) const;
    bool truth(std::size_t place, bool fallback) const { return has(place) ? find(place)->truth() : fallback; }

    const Arguments& all() const { return m_all; }
    const std::string& who() const { return m_who; }

private:
    std::vector<const Value*> m_values;
    const Arguments& m_all;
    std::string m_who;
};

/// Lives until the rendering ends.
class Object {
public:
    Object() = default;
    virtual ~Object() = default;
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;

    virtual std::string kind() const = 0;          ///< "a macro"
    virtual std::string shown(Run& run) const = 0; ///< how it prints
    virtual bool callable() const { return true; }
    virtual Value call(Run& run, const Arguments& arguments); ///< @throws Fault when it is not callable
    virtual std::optional<Value> attribute(Run& run, std::string_view name) const;
    virtual std::optional<std::vector<Value>> elements(Run& run) const; ///< nothing: it is no list
};

/// Whatever a table of functions lists.
class Builtin : public Object {
public:
    using Function = Value (*)(Run&, const Bound&);
    Builtin(const char* name, Signature signature, Function function)
        : m_name(name),
          m_signature(std::move(signature)),
          m_function(function) {}

    const std::string& name() const { return m_name; }
    std::string kind() const override { return "a function"; }
    std::string shown(Run& run) const override;
    Value call(Run& run, const Arguments& arguments) override;

private:
    std::string m_name;
    Signature m_signature;
    Function m_function;
};

} // namespace diapason::chat
