// What lives as long as a rendering: macros, loops, namespaces and the like.
#pragma once

#include "core/text/chat/statements.h"

#include <string>
#include <vector>

namespace diapason::chat {

class Macro : public Object {
public:
    Macro(const MacroBody& body, std::shared_ptr<Scope> scope) : m_body(body), m_scope(std::move(scope)) {}
    std::string kind() const override { return "a macro"; }
    std::string shown(Run& run) const override;
    Value call(Run& run, const Arguments& arguments) override;
    std::optional<Value> attribute(Run& run, std::string_view name) const override;

private:
    void set_parameters(Run& run, const Arguments& arguments) const;

    const MacroBody& m_body;
    std::shared_ptr<Scope> m_scope; ///< where it was defined: what it can see
};

/// The name `loop` within a loop.
class Loop : public Object {
public:
    Loop(const For& statement, Items items, int depth, std::shared_ptr<Scope> scope)
        : m_statement(statement),
          m_items(std::move(items)),
          m_depth(depth),
          m_scope(std::move(scope)) {}
    void turn_to(std::size_t turn) { m_turn = turn; }

    std::string kind() const override { return "a loop"; }
    std::string shown(Run& run) const override;
    bool callable() const override;
    Value call(Run& run, const Arguments& arguments) override; ///< the same loop over other values, as a text
    std::optional<Value> attribute(Run& run, std::string_view name) const override;
    Value cycle(const Arguments& values) const;      ///< the value whose turn it is
    bool changed(Run& run, const Arguments& values); ///< whether these differ from the last ones

private:
    const For& m_statement;
    Items m_items;
    std::size_t m_turn = 0;
    int m_depth;
    std::shared_ptr<Scope> m_scope;
    std::optional<std::vector<Value>> m_last;
};

/// The only thing that templates may change.
class Namespace : public Object {
public:
    explicit Namespace(Mapping mapping) : m_mapping(std::move(mapping)) {}
    void set(Run& run, const std::string& name, Value value); ///< @throws Fault for names with _ in front
    std::string kind() const override { return "a namespace"; }
    std::string shown(Run& run) const override;
    bool callable() const override { return false; }
    std::optional<Value> attribute(Run& run, std::string_view name) const override;

private:
    Mapping m_mapping;
};

/// joiner(): nothing the first time, then the separator.
class Joiner : public Object {
public:
    explicit Joiner(Value separator) : m_separator(std::move(separator)) {}
    std::string kind() const override { return "a joiner"; }
    std::string shown(Run&) const override { return "<joiner>"; }
    Value call(Run& run, const Arguments& arguments) override;

private:
    Value m_separator;
    bool m_used = false;
};

/// cycler(a, b): next() gives them in turn.
class Cycler : public Object {
public:
    explicit Cycler(std::vector<Value> values) : m_values(std::move(values)) {}
    std::string kind() const override { return "a cycler"; }
    std::string shown(Run&) const override { return "<cycler>"; }
    bool callable() const override { return false; }
    std::optional<Value> attribute(Run& run, std::string_view name) const override;
    Value next();
    Value reset();

private:
    std::vector<Value> m_values;
    std::size_t m_at = 0;
};

/// A method of one of these objects.
template <class Owner>
class OwnMethod : public Object {
public:
    using Function = Value (*)(Run&, Owner&, const Arguments&);
    OwnMethod(Owner& owner, Function function) : m_owner(owner), m_function(function) {}
    std::string kind() const override { return "a method"; }
    std::string shown(Run&) const override { return "<bound method>"; }
    Value call(Run& run, const Arguments& arguments) override { return m_function(run, m_owner, arguments); }

private:
    Owner& m_owner;
    Function m_function;
};

} // namespace diapason::chat
