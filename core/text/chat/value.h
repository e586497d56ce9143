// What a template computes with: Python's values, as far as templates can make them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace diapason::chat {

class Value;
class Object;
class Run;

/// A name without a value. It prints as nothing, counts as false and is an empty list; everything else about it fails.
struct Undefined {
    std::shared_ptr<const std::string> name; ///< for messages; may be null
};

struct None {};

struct Text {
    std::string bytes;   ///< UTF-8
    bool markup = false; ///< came out of `escape` or `safe`: what is added to it is escaped
};

/// Lists and all that goes through like one. Never changes once it is made, save that a generator is used up.
struct Sequence {
    enum class Form { list, tuple, range, generator, keys, values, items };

    Form form = Form::list;
    std::vector<Value> items;
    int height = 1;            ///< levels of nesting, this one included
    std::string shown;         ///< how a range prints
    mutable bool used = false; ///< of a generator
};
using Form = Sequence::Form;

/// A dictionary in the order of its keys. Never changes once it is made.
class Mapping {
public:
    using Entry = std::pair<Value, Value>;

    /// Of two equal keys the first keeps its place and the last gives the value.
    /// Looking at a key costs the run its size. @throws Fault for what cannot be a key (a list, a dictionary)
    void set(Run& run, Value key, Value value);
    const Value* find(Run& run, const Value& key) const; ///< null when absent. @throws Fault as set()
    const Value* find(std::string_view name) const;      ///< a short one

    const std::vector<Entry>& entries() const { return m_entries; }
    int height() const { return m_height; }

private:
    std::vector<Entry> m_entries;
    std::unordered_map<std::string, std::size_t> m_places; ///< by what identifies a key
    int m_height = 1;
};

/// Small: texts, sequences and mappings are shared. Objects (functions, macros, namespaces, loops) belong to the run.
class Value {
public:
    using SharedText = std::shared_ptr<const Text>;
    using SharedSequence = std::shared_ptr<const Sequence>;
    using SharedMapping = std::shared_ptr<const Mapping>;

    Value() : m_data(None{}) {}
    Value(Undefined value) : m_data(std::move(value)) {}
    explicit Value(bool value) : m_data(value) {}
    explicit Value(std::int64_t value) : m_data(value) {}
    explicit Value(double value) : m_data(value) {}
    explicit Value(SharedText value) : m_data(std::move(value)) {}
    explicit Value(SharedSequence value) : m_data(std::move(value)) {}
    explicit Value(SharedMapping value) : m_data(std::move(value)) {}
    explicit Value(Object* value) : m_data(value) {}

    bool is_undefined() const { return std::holds_alternative<Undefined>(m_data); }
    bool is_none() const { return std::holds_alternative<None>(m_data); }
    const Undefined* undefined() const { return std::get_if<Undefined>(&m_data); }
    const bool* boolean() const { return std::get_if<bool>(&m_data); }
    const std::int64_t* integer() const { return std::get_if<std::int64_t>(&m_data); }
    const double* real() const { return std::get_if<double>(&m_data); }
    const Text* text() const { return get<SharedText>(); }
    const Sequence* sequence() const { return get<SharedSequence>(); }
    const Mapping* mapping() const { return get<SharedMapping>(); }
    Object* object() const;
    const SharedSequence& shared_sequence() const { return std::get<SharedSequence>(m_data); }

    /// Booleans count as 0 and 1, as in Python.
    bool is_whole() const { return boolean() != nullptr || integer() != nullptr; }
    bool is_number() const { return is_whole() || real() != nullptr; }
    std::int64_t whole() const { return boolean() != nullptr ? *boolean() : *integer(); } ///< when is_whole()
    double number() const { return real() != nullptr ? *real() : static_cast<double>(whole()); }

    int height() const; ///< levels of nesting: 0 for what holds no values
    bool truth() const;

private:
    template <class Shared>
    const typename Shared::element_type* get() const {
        const Shared* shared = std::get_if<Shared>(&m_data);
        return shared == nullptr ? nullptr : shared->get();
    }

    std::variant<None, Undefined, bool, std::int64_t, double, SharedText, SharedSequence, SharedMapping, Object*>
        m_data;
};

/// What a loop goes through, kept alive.
class Items {
public:
    explicit Items(Value::SharedSequence list) : m_list(std::move(list)) {}
    auto begin() const { return m_list->items.begin(); }
    auto end() const { return m_list->items.end(); }
    std::size_t size() const { return m_list->items.size(); }
    bool empty() const { return m_list->items.empty(); }
    const Value& operator[](std::size_t place) const { return m_list->items[place]; }

private:
    Value::SharedSequence m_list;
};

/// A text without anything that counts its cost: for names and constants.
Value plain_text_value(std::string text);

/// "'name' is undefined"
std::string in_words(const Undefined& value);
/// What messages call the type of a value: "a string", "a list".
std::string kind_in_words(const Value& value);

} // namespace diapason::chat
