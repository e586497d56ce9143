// Option descriptors: the one source from which forms, command-line help, documentation, study validation and stored
// columns are generated.
#pragma once

#include "core/base/field_path.h"
#include "core/base/json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace diapason {

enum class OptionType { integer, real, boolean, choice, text, sites };

/// One value that a choice option can take.
struct OptionChoice {
    std::string value; ///< stored
    std::string label; ///< shown
    std::string help;
};

/// Describes one option. `name` is unique within its owner (a method, the trainer, a task).
struct OptionDescriptor {
    std::string name;
    std::string label;
    OptionType type = OptionType::real;
    Json default_value;
    std::string help = {};   ///< one sentence, what it does
    std::string source = {}; ///< paper and section, or library and version, that the definition and default follow
    std::string unit = {};
    std::optional<double> minimum = {};
    std::optional<double> maximum = {};
    std::vector<OptionChoice> choices = {}; ///< for OptionType::choice
    /// The option matters only while option `only_when_name` has one of the values `only_when_values`; empty = always.
    std::string only_when_name = {};
    std::vector<std::string> only_when_values = {};
    bool advanced = false; ///< folded away in forms
};

/// Something wrong with a document, with the address of the field.
struct Problem {
    FieldPath field;
    std::string value;
    std::string what;
    std::string remedy;
};

/// "field = value: what. remedy", one line.
std::string to_line(const Problem& problem);

/// Throws one Error(config) that lists all problems together; does nothing when there are none.
void throw_if_any(const std::vector<Problem>& problems, const std::string& origin);

/// A checked set of option values: exactly the descriptors' names, each with a value of its type.
class OptionValues {
public:
    OptionValues() = default;

    /// Fills defaults and checks types, ranges, choices and unknown names (the nearest known name is offered).
    /// Problems are appended with `place` in front of the option's name; a value with a problem keeps its default.
    static OptionValues from_json(const std::vector<OptionDescriptor>& descriptors, const Json& given,
                                  const FieldPath& place, std::vector<Problem>& problems);
    static OptionValues defaults(const std::vector<OptionDescriptor>& descriptors);

    std::int64_t integer(const std::string& name) const;
    double real(const std::string& name) const;
    bool flag(const std::string& name) const;
    const std::string& text(const std::string& name) const; ///< choice, text and sites
    const Json& json() const { return m_values; }

private:
    Json m_values = Json::object();
};

/// Whether an option matters while the one that governs it has this value. @param governing of option only_when_name
bool matters_with(const OptionDescriptor& option, const Json& governing);

/// Checks one value against its descriptor. @return empty when good, else what is wrong with it
std::string check_option(const OptionDescriptor& descriptor, const Json& value);

} // namespace diapason
