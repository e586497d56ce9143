#include "core/data/metrics/outcome_files.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/real_number.h"
#include "core/base/visible_text.h"
#include "core/base/words.h"
#include "core/data/lines.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>

namespace diapason {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_listed_bytes = 40;

// "1 line", "2 lines"
std::string counted(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::vector<std::string> parted(const std::string& text, const char* separators) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; (at = text.find_first_not_of(separators, at)) != std::string::npos;) {
        const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end;
    }
    return parts;
}

// The lines of one file, read as what a kind of outcomes needs; what is wrong is collected by line.
class Side {
public:
    Side(const fs::path& file, const char* key, const std::string& form) : m_file(file), m_problems(file.string()) {
        const bool json = file.extension() == ".jsonl";
        for_each_line(file, m_problems, [&](std::size_t number, const std::string& line) {
            Json object, value = json ? parsed(number, line) : Json(line);
            if (value.is_object()) {
                object = std::move(value);
                value = object.contains(key) ? object.at(key) : Json();
                if (!object.contains(key)) m_problems.add(number, std::string("has no field \"") + key + "\"");
            }
            m_values.push_back(std::move(value));
            m_objects.push_back(std::move(object));
        });
        m_problems.advise("A line is one item: " + form);
        m_problems.throw_if_any();
    }

    const fs::path& file() const { return m_file; }
    std::size_t size() const { return m_values.size(); }
    void add(std::size_t item, const std::string& what) { m_problems.add(item + 1, what); }
    void throw_if_any() const { m_problems.throw_if_any(); }
    const Json& value(std::size_t item) const { return m_values[item]; }
    /// A further field of the line's object; null when there is none.
    Json field(std::size_t item, const char* key) const {
        return m_objects[item].is_object() && m_objects[item].contains(key) ? m_objects[item].at(key) : Json();
    }

    /// A text, or a number or truth value as a label.
    std::string text(std::size_t item) {
        if (!m_values[item].is_primitive() || m_values[item].is_null()) {
            add(item, "is not a text");
            return {};
        }
        return plain_text(m_values[item]);
    }
    double number(std::size_t item) { return number_of(item, m_values[item]); }
    double number_of(std::size_t item, const Json& value) {
        const std::optional<double> number = value.is_number() ? std::optional(value.get<double>())
                                             : value.is_string()
                                                 ? real_number(without_extra_spaces(value.get<std::string>()))
                                                 : std::nullopt;
        if (!number)
            add(item, "is not a number: " +
                          shortened(value.dump(-1, ' ', false, Json::error_handler_t::replace), max_listed_bytes));
        return number.value_or(0);
    }
    /// A list, or the parts of a text.
    std::vector<std::string> texts(std::size_t item, const char* separators) {
        if (m_values[item].is_string()) return parted(m_values[item].get<std::string>(), separators);
        std::vector<std::string> texts;
        if (!m_values[item].is_array()) add(item, "is not a list");
        for (const Json& one : m_values[item].is_array() ? m_values[item] : Json::array()) {
            if (one.is_primitive() && !one.is_null())
                texts.push_back(plain_text(one));
            else
                add(item, "is a list with something other than texts");
        }
        return texts;
    }

private:
    Json parsed(std::size_t number, const std::string& line) {
        try {
            return parse_json(line, m_file.string());
        } catch (const Error&) {
            m_problems.add(number, "is not JSON");
            return {};
        }
    }

    fs::path m_file;
    LineProblems m_problems;
    std::vector<Json> m_values, m_objects;
};

// Numbers for labels: those of the references in order, then the others in order.
class LabelNumbers {
public:
    LabelNumbers(const std::set<std::string>& expected, const std::set<std::string>& predicted)
        : m_names(expected.begin(), expected.end()) {
        std::set_difference(predicted.begin(), predicted.end(), expected.begin(), expected.end(),
                            std::back_inserter(m_names));
        for (std::size_t i = 0; i < m_names.size(); ++i)
            m_numbers[m_names[i]] = static_cast<std::int64_t>(i);
    }
    std::int64_t of(const std::string& name) const { return m_numbers.at(name); }
    const std::vector<std::string>& names() const { return m_names; }

private:
    std::vector<std::string> m_names;
    std::map<std::string, std::int64_t> m_numbers;
};

using Sides = std::vector<Side>;

Outcomes classes(Side& predictions, Sides& references) {
    std::vector<std::string> predicted, expected;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        predicted.push_back(predictions.text(i));
        expected.push_back(references.front().text(i));
    }
    const std::set<std::string> known(expected.begin(), expected.end());
    const LabelNumbers numbers(known, {predicted.begin(), predicted.end()});
    ClassOutcomes outcomes;
    for (std::size_t i = 0; i < predicted.size(); ++i) {
        outcomes.predicted.push_back(numbers.of(predicted[i]));
        outcomes.expected.push_back(numbers.of(expected[i]));
    }
    outcomes.classes = static_cast<std::int64_t>(known.size());
    outcomes.names = numbers.names();
    return outcomes;
}

Outcomes texts(Side& predictions, Sides& references) {
    TextOutcomes outcomes;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        outcomes.hypotheses.push_back(predictions.text(i));
        std::vector<std::string>& own = outcomes.references.emplace_back();
        for (Side& side : references) {
            if (side.value(i).is_array()) {
                const auto several = side.texts(i, "");
                own.insert(own.end(), several.begin(), several.end());
            } else if (!side.value(i).is_null()) { // another file may have one
                own.push_back(side.text(i));
            }
        }
        if (own.empty()) references.back().add(i, "has no reference");
    }
    return outcomes;
}

Outcomes numbers(Side& predictions, Sides& references) {
    NumberOutcomes outcomes;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        outcomes.predicted.push_back(predictions.number(i));
        outcomes.expected.push_back(references.front().number(i));
    }
    return outcomes;
}

Outcomes tags(Side& predictions, Sides& references) {
    TagOutcomes outcomes;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        outcomes.predicted.push_back(predictions.texts(i, " \t"));
        outcomes.expected.push_back(references.front().texts(i, " \t"));
        const std::size_t ours = outcomes.predicted.back().size(), theirs = outcomes.expected.back().size();
        if (ours != theirs)
            predictions.add(i, "has " + counted(ours, "tag") + ", and its reference has " + std::to_string(theirs));
    }
    return outcomes;
}

Outcomes sets(Side& predictions, Sides& references) {
    Side& wanted = references.front();
    std::vector<std::vector<std::string>> predicted, expected;
    std::set<std::string> in_predictions, in_references;
    SetOutcomes outcomes;
    bool counted = true;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        predicted.push_back(predictions.texts(i, " \t"));
        expected.push_back(wanted.texts(i, " \t"));
        in_predictions.insert(predicted.back().begin(), predicted.back().end());
        in_references.insert(expected.back().begin(), expected.back().end());
        const Json choices = wanted.field(i, "choices");
        counted = counted && !choices.is_null();
        if (choices.is_null()) continue;
        if (choices.is_number_unsigned() && choices.get<std::uint64_t>() <= 1u << 30)
            outcomes.choices.push_back(choices.get<std::int64_t>());
        else
            wanted.add(i, "has a number of choices that is not a whole number");
    }
    if (!counted) outcomes.choices.clear();
    const LabelNumbers numbers(in_references, in_predictions);
    for (const auto& [names, list] : {std::pair{&predicted, &outcomes.predicted}, {&expected, &outcomes.expected}}) {
        for (const std::vector<std::string>& of_item : *names) {
            std::vector<std::int64_t>& chosen = list->emplace_back();
            std::transform(of_item.begin(), of_item.end(), std::back_inserter(chosen),
                           [&](const std::string& name) { return numbers.of(name); });
        }
    }
    return outcomes;
}

Outcomes ranks(Side& predictions, Sides& references) {
    RankOutcomes outcomes;
    Side& wanted = references.front();
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        const auto candidates = predictions.texts(i, "\t");
        const auto right = wanted.texts(i, "\t");
        const auto found = std::find_first_of(candidates.begin(), candidates.end(), right.begin(), right.end());
        outcomes.ranks.push_back(found == candidates.end() ? 0 : found - candidates.begin() + 1);
        outcomes.groups.push_back(plain_text(wanted.field(i, "group")));
    }
    return outcomes;
}

Outcomes confidences(Side& predictions, Sides& references) {
    ConfidenceOutcomes outcomes;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        outcomes.confidence.push_back(predictions.number_of(i, predictions.field(i, "confidence")));
        if (!(outcomes.confidence.back() >= 0 && outcomes.confidence.back() <= 1))
            predictions.add(i, "has a confidence that is not from 0 to 1");
        outcomes.right.push_back(predictions.text(i) == references.front().text(i) ? 1 : 0);
    }
    return outcomes;
}

Outcomes likelihoods(Side& predictions, Sides& /*references*/) {
    LikelihoodOutcomes outcomes;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        double sum = 0;
        std::int64_t tokens = 0;
        for (const std::string& one : predictions.texts(i, " \t")) {
            const double value = predictions.number_of(i, one);
            if (!(value <= 0)) predictions.add(i, "has a log probability above 0: " + shortened(one, max_listed_bytes));
            sum += value;
            ++tokens;
        }
        outcomes.log_likelihood.push_back(sum);
        outcomes.tokens.push_back(tokens);
    }
    return outcomes;
}

struct Form : OutcomeFileForm {
    Outcomes (*read)(Side& predictions, Sides& references);
    bool several_references = false;
};
// In the order of Outcomes.
const Form forms[] = {
    {{"a label", "a label", ""}, classes},
    {{"a text", "a text, in JSON perhaps a list of texts", ""}, texts, true},
    {{"a number", "a number", ""}, numbers},
    {{"tags between spaces, or a JSON list", "tags between spaces, or a JSON list", ""}, tags},
    {{"labels between spaces, or a JSON list", "labels between spaces, or a JSON list",
      "\"choices\" beside \"ref\": how many there are"},
     sets},
    {{"candidates between tabs, the best first, or a JSON list", "the right answer, or several between tabs",
      "\"group\" beside \"ref\": a relation"},
     ranks},
    {{"a JSON object with a label as \"pred\"", "a label", "\"confidence\" beside \"pred\": from 0 to 1"}, confidences},
    {{"log probabilities of the tokens between spaces, or a JSON list", "", ""}, likelihoods},
};
static_assert(std::size(forms) == std::variant_size_v<Outcomes>);

const Form& form_of(OutcomeKind kind) {
    return forms[static_cast<std::size_t>(kind)];
}

} // namespace

const OutcomeFileForm& outcome_file_form(OutcomeKind kind) {
    return form_of(kind);
}

Outcomes read_outcomes(OutcomeKind kind, const fs::path& predictions, const std::vector<fs::path>& references) {
    const Form& form = form_of(kind);
    const std::string reference_form = form.reference;
    const std::size_t most = reference_form.empty() ? 0 : form.several_references ? references.size() : 1;
    if (references.empty() && !reference_form.empty())
        throw config_error("--ref", {}, "a file with references is needed", "A line is one item: " + reference_form);
    if (references.size() > most)
        throw config_error("--ref", references.back().string(),
                           most == 0 ? "this metric compares with nothing" : "this metric compares with one file",
                           "Leave it out");
    Side ours(predictions, "pred", form.prediction);
    Sides theirs;
    for (const fs::path& file : references) {
        const Side& side = theirs.emplace_back(file, "ref", reference_form);
        if (side.size() != ours.size())
            throw input_error(file.string(),
                              "has " + counted(side.size(), "line") + ", and " + predictions.string() + " has " +
                                  std::to_string(ours.size()),
                              "Line n of each file must be item n");
    }
    Outcomes outcomes = form.read(ours, theirs);
    ours.throw_if_any();
    for (const Side& side : theirs)
        side.throw_if_any();
    return outcomes;
}

} // namespace diapason
