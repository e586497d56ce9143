// The methods of strings, lists and dictionaries that templates may call. Those that change a value are refused.
#pragma once

#include "core/text/chat/object.h"
#include "core/text/chat/run.h"

#include <string>
#include <string_view>

namespace diapason::chat {

struct Method {
    std::string_view name;
    Signature signature;
    /// Null: it would change its value, which is refused.
    Value (*function)(Run& run, const Value& self, const Bound& arguments);
};

/// Null when values of this type do not have it.
const Method* find_method(const Value& value, std::string_view name);
Value call_method(Run& run, const Value& self, const Method& method, const Arguments& arguments); ///< @throws Fault

/// A method that was asked for without being called.
class BoundMethod : public Object {
public:
    BoundMethod(Value self, const Method& method) : m_self(std::move(self)), m_method(method) {}
    std::string kind() const override { return "a method"; }
    std::string shown(Run& run) const override;
    Value call(Run& run, const Arguments& arguments) override;

private:
    Value m_self;
    const Method& m_method;
};

// The tables, by type.
const std::vector<Method>& text_methods();
const std::vector<Method>& sequence_methods();
const std::vector<Method>& mapping_methods();

} // namespace diapason::chat
