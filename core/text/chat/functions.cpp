// The functions that every template knows.

#include "core/text/chat/fault.h"
#include "core/text/chat/filters.h"
#include "core/text/chat/objects.h"
#include "core/text/chat/print.h"

#include <algorithm>
#include <ctime>
#include <locale.h>

namespace diapason::chat {
namespace {

constexpr std::size_t max_range = 100'000; // as the sandbox that templates are written for

Value range(Run& run, const Bound& arguments) {
    const bool two = arguments.has(1);
    const std::int64_t start = two ? arguments.whole(0, 0) : 0, stop = arguments.whole(two ? 1 : 0, 0);
    const std::int64_t step = arguments.whole(2, 1);
    if (step == 0) throw Fault("the step of range() is 0");
    std::vector<Value> items;
    for (std::int64_t at = start; step > 0 ? at < stop : at > stop;) {
        if (items.size() == max_range) throw Fault("range() has more than " + std::to_string(max_range) + " items");
        items.emplace_back(at);
        if (__builtin_add_overflow(at, step, &at)) break;
    }
    std::string shown = "range(" + std::to_string(start) + ", " + std::to_string(stop);
    if (step != 1) shown += ", " + std::to_string(step);
    return run.range(std::move(items), shown + ")");
}

// dict() and namespace(): of a dictionary or pairs, then of named arguments.
Mapping mapping_of(Run& run, const Bound& arguments) {
    Mapping mapping;
    for (const Value& from : arguments.all().positional) {
        if (from.mapping() != nullptr) {
            run.spend(12 * from.mapping()->entries().size());
            for (const auto& [key, value] : from.mapping()->entries())
                mapping.set(run, key, value);
            continue;
        }
        for (const Value& pair : run.iterate(from)) {
            const Items both = run.iterate(pair);
            if (both.size() != 2) throw Fault(arguments.who() + " needs pairs of a key and a value");
            run.spend(12);
            mapping.set(run, both[0], both[1]);
        }
    }
    for (const auto& [name, value] : arguments.all().named)
        mapping.set(run, run.text(name), value);
    return mapping;
}

Value dict(Run& run, const Bound& arguments) {
    return run.mapping(mapping_of(run, arguments));
}

Value make_namespace(Run& run, const Bound& arguments) {
    auto* space = run.keep<Namespace>(Mapping());
    const Mapping given = mapping_of(run, arguments);
    for (const auto& [key, value] : given.entries())
        space->set(run, str(run, key), value);
    return Value(static_cast<Object*>(space));
}

Value raise_exception(Run& run, const Bound& arguments) {
    throw Fault("the template refuses the conversation: " + str(run, arguments.at(0)),
                "Change the conversation, or use another template");
}

// English names of months and days, whatever the locale is: templates are written for Python's default.
Value strftime_now(Run& run, const Bound& arguments) {
    static const locale_t plain = ::newlocale(LC_ALL_MASK, "C", nullptr);
    const auto seconds =
        static_cast<std::time_t>(run.now() ? *run.now() : static_cast<std::int64_t>(std::time(nullptr)));
    std::tm parts{};
    if (::localtime_r(&seconds, &parts) == nullptr) throw Fault("strftime_now() cannot tell the date");
    const std::string format = std::string(arguments.text(0)) + '.'; // never empty, since 0 means that it is too long
    char text[512];
    const std::size_t size = ::strftime_l(text, sizeof text, format.c_str(), &parts, plain);
    if (size == 0) throw Fault("strftime_now() makes a date of more than 500 bytes");
    return run.text(std::string(text, size - 1));
}

Value joiner(Run& run, const Bound& arguments) {
    const Value separator = arguments.has(0) ? arguments.at(0) : run.text(", ");
    return Value(static_cast<Object*>(run.keep<Joiner>(separator)));
}

Value cycler(Run& run, const Bound& arguments) {
    if (arguments.all().positional.empty()) throw Fault("cycler() needs values");
    return Value(static_cast<Object*>(run.keep<Cycler>(arguments.all().positional)));
}

} // namespace

Builtin* find_function(std::string_view name) {
    static Builtin table[] = {{"cycler", {{}, 0, true}, cycler},
                              {"dict", {{}, 0, true}, dict},
                              {"joiner", {{"sep"}}, joiner},
                              {"namespace", {{}, 0, true}, make_namespace},
                              {"raise_exception", {{"message"}, 1}, raise_exception},
                              {"range", {{"start", "stop", "step"}, 1}, range},
                              {"strftime_now", {{"format"}, 1}, strftime_now}};
    const auto found =
        std::find_if(std::begin(table), std::end(table), [&](const Builtin& f) { return f.name() == name; });
    return found == std::end(table) ? nullptr : found;
}

} // namespace diapason::chat
