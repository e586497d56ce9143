#include "core/text/chat/run.h"

#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"

#include <algorithm>

namespace diapason::chat {
namespace {

constexpr std::size_t bytes_per_unit = 16;
constexpr std::size_t units_per_text = 8; // what a text takes beside its bytes
constexpr std::size_t units_per_item = 2;
constexpr std::size_t units_per_entry = 12; // of a dictionary: two values and a place in a table

int height_of(const std::vector<Value>& items) {
    int height = 0;
    for (const Value& item : items)
        height = std::max(height, item.height());
    return height + 1;
}

void check_height(int height) {
    if (height > Run::max_value_height)
        throw Fault("lists and dictionaries are nested more than " + std::to_string(Run::max_value_height) +
                    " levels deep");
}

} // namespace

void Run::allow_bytes(std::size_t bytes) const {
    if (bytes > m_limits.text_bytes)
        throw Fault("makes a text of " + std::to_string(bytes) + " bytes, more than the limit of " +
                        std::to_string(m_limits.text_bytes),
                    "Use a shorter conversation or another template");
    if (bytes / bytes_per_unit > m_left) fail_spent();
}

void Run::allow_items(std::size_t items) const {
    if (items > m_left / units_per_item) fail_spent();
}

void Run::fail_spent() const {
    throw Fault("takes more than " + std::to_string(m_limits.work) + " units of work",
                "It may never end; use a shorter conversation or another template");
}

void Run::fail_deep() {
    --m_depth; // no Level is there to do so
    throw Fault("expressions, blocks and macros are nested more than " + std::to_string(max_depth) + " levels deep",
                "Look for a macro that calls itself without end");
}

Value Run::text(std::string bytes, bool markup) {
    allow_bytes(bytes.size());
    spend(units_per_text + bytes.size() / bytes_per_unit);
    return Value(std::make_shared<const Text>(Text{std::move(bytes), markup}));
}

Value Run::list(std::vector<Value> items, Form form) {
    spend(units_per_text + units_per_item * items.size());
    auto sequence = std::make_shared<Sequence>();
    sequence->height = height_of(items);
    check_height(sequence->height);
    sequence->form = form;
    sequence->items = std::move(items);
    return Value(Value::SharedSequence(std::move(sequence)));
}

Value Run::range(std::vector<Value> items, std::string shown) {
    spend(units_per_text + units_per_item * items.size());
    auto sequence = std::make_shared<Sequence>();
    sequence->form = Form::range;
    sequence->items = std::move(items);
    sequence->shown = std::move(shown);
    return Value(Value::SharedSequence(std::move(sequence)));
}

Value Run::mapping(Mapping mapping) {
    spend(units_per_text + units_per_entry * mapping.entries().size());
    check_height(mapping.height());
    return Value(std::make_shared<const Mapping>(std::move(mapping)));
}

Items Run::iterate(const Value& value) {
    if (value.sequence() != nullptr) {
        const Value::SharedSequence& sequence = value.shared_sequence();
        const bool used_up = sequence->form == Form::generator && std::exchange(sequence->used, true);
        return Items(used_up ? std::make_shared<const Sequence>() : sequence);
    }
    std::vector<Value> items;
    if (const Mapping* mapping = value.mapping()) {
        for (const auto& entry : mapping->entries())
            items.push_back(entry.first);
    } else if (const Text* characters = value.text()) {
        allow_items(units_per_text * count_characters(characters->bytes));
        for (const std::string_view character : split_characters(characters->bytes))
            items.push_back(text(std::string(character)));
    } else if (Object* object = value.object()) {
        auto elements = object->elements(*this);
        if (!elements) throw Fault(kind_in_words(value) + " is not a list");
        items = std::move(*elements);
    } else if (!value.is_undefined()) {
        throw Fault(kind_in_words(value) + " is not a list");
    }
    return Items(list(std::move(items)).shared_sequence());
}

const Value* Run::find(std::string_view name) const {
    for (const Scope* scope = m_scope.get(); scope != nullptr; scope = scope->outer.get()) {
        if (const auto found = scope->names.find(name); found != scope->names.end()) return &found->second;
    }
    return nullptr;
}

void Run::write(std::string_view text) {
    allow_bytes(m_output->size() + text.size());
    spend(1 + text.size() / bytes_per_unit);
    *m_output += text;
}

Run::Inner::Inner(Run& run, std::shared_ptr<Scope> outer) : m_run(run) {
    run.spend(8);
    auto scope = std::make_shared<Scope>();
    scope->outer = std::move(outer);
    m_before = std::exchange(run.m_scope, std::move(scope));
}

} // namespace diapason::chat
