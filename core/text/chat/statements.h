// The statements of a template as a tree that carries itself out.
#pragma once

#include "core/text/chat/expressions.h"

#include <memory>
#include <string>
#include <vector>

namespace diapason::chat {

/// What happens behind a statement: the next one, or what a loop says.
enum class Flow { next, leave_loop, next_turn };

class Statement {
public:
    virtual ~Statement() = default;

    /// Costs the run a step and a level. @throws Fault
    Flow execute(Run& run) const {
        const Run::Level level(run);
        run.spend(1);
        run.line = line;
        return perform(run);
    }

    int line = 1;

private:
    virtual Flow perform(Run& run) const = 0;
};

struct Block {
    Flow execute(Run& run) const; ///< stops where the flow does not go to the next statement
    std::vector<std::unique_ptr<const Statement>> statements;
};

/// Where a value goes: a name, an attribute of a namespace, or a tuple of targets.
struct Target {
    void assign(Run& run, Value value) const; ///< @throws Fault for a tuple of another length
    std::string name, attribute;
    std::vector<Target> parts;
};

struct Data : Statement {
    Flow perform(Run& run) const override;
    std::string text;
};

struct Output : Statement {
    Flow perform(Run& run) const override;
    ExpressionPtr expression;
};

struct If : Statement {
    struct Branch {
        ExpressionPtr condition; ///< null for else
        Block body;
    };
    Flow perform(Run& run) const override;
    std::vector<Branch> branches;
};

struct For : Statement {
    Flow perform(Run& run) const override;
    /// The loop over the values, `depth` loops of itself deep. @param scope what it can see
    void loop(Run& run, const Value& values, int depth, const std::shared_ptr<Scope>& scope) const;

    Target target;
    ExpressionPtr values;
    ExpressionPtr filter; ///< may be null
    Block body, otherwise;
    bool recursive = false;
};

struct Jump : Statement {
    Flow perform(Run& run) const override;
    Flow flow = Flow::next; ///< of break and continue
};

/// {% set a = b %}
struct Assignment : Statement {
    Flow perform(Run& run) const override;
    Target target;
    ExpressionPtr value;
};

/// {% set a %}…{% endset %}, also with filters
struct BlockAssignment : Statement {
    Flow perform(Run& run) const override;
    Target target;
    std::vector<std::unique_ptr<const FilterCall>> filters;
    Block body;
};

/// {% filter f %}…{% endfilter %}
struct FilterBlock : Statement {
    Flow perform(Run& run) const override;
    std::vector<std::unique_ptr<const FilterCall>> filters;
    Block body;
};

/// {% with a = b %}…{% endwith %}, and {% generation %} without names
struct With : Statement {
    Flow perform(Run& run) const override;
    std::vector<std::pair<Target, ExpressionPtr>> names;
    Block body;
};

/// What {% macro %} and {% call %} define.
struct MacroBody {
    std::string name;
    std::vector<std::string> parameters;
    Expressions defaults;                         ///< of the last parameters
    bool takes_more = false, takes_named = false; ///< its text says varargs, kwargs
    Block body;
};

struct MacroDefinition : Statement {
    Flow perform(Run& run) const override;
    MacroBody macro;
};

/// {% call(a) f(b) %}…{% endcall %}
struct CallBlock : Statement {
    Flow perform(Run& run) const override;
    std::unique_ptr<const Call> call;
    MacroBody caller;
};

} // namespace diapason::chat
