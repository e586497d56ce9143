// Cases of the kind metric: values of metrics, their signatures, stems and spans.

#include "core/base/error.h"
#include "core/base/json.h"
#include "experiments/engine/verify/case_lines.h"
#include "experiments/engine/verify/metric_case.h"
#include "experiments/engine/verify/verify_kinds.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace diapason {
namespace fs = std::filesystem;
namespace {

// How far two values are apart, in units of what is allowed between their numbers; anything else must be equal.
class Deviation {
public:
    explicit Deviation(double tolerance) : m_tolerance(tolerance) {}

    void add(const Json& got, const Json& want) {
        if (want.is_number() && got.is_number()) return add_numbers(got.get<double>(), want.get<double>());
        if (want.is_structured() && got.type() == want.type() && got.size() == want.size()) {
            for (auto item = want.begin(); item != want.end(); ++item) {
                if (want.is_array())
                    add(got.at(static_cast<std::size_t>(item - want.begin())), *item);
                else if (got.contains(item.key()))
                    add(got.at(item.key()), *item);
                else
                    m_equal = false;
            }
            return;
        }
        m_equal = m_equal && got == want;
    }

    bool equal() const { return m_equal; } ///< but for numbers
    double difference() const { return m_difference; }
    double allowed() const { return m_allowed; }

private:
    // The difference that is largest beside what is allowed for it.
    void add_numbers(double got, double want) {
        const double difference = std::abs(got - want), allowed = m_tolerance * std::max(1.0, std::abs(want));
        if (difference * m_allowed < m_difference * allowed) return;
        m_difference = difference;
        m_allowed = allowed;
    }

    double m_tolerance, m_difference = 0, m_allowed = 0;
    bool m_equal = true;
};

// Only its own version may differ from sacreBLEU's.
std::string without_version(const Json& signature) {
    const std::string text = signature.is_string() ? signature.get<std::string>() : std::string();
    const std::size_t at = text.find("|version:");
    return at == std::string::npos ? text
                                   : text.substr(0, at) + text.substr(std::min(text.find('|', at + 1), text.size()));
}

/// Files with named inputs, each read once.
class Inputs {
public:
    explicit Inputs(fs::path folder) : m_folder(std::move(folder)) {}
    Json find(const Json& document, const Json& line) {
        if (!line.contains("input")) return {};
        const std::string file = line.value("inputs_file", document.value("inputs", ""));
        auto known = m_files.find(file);
        if (known == m_files.end()) known = m_files.emplace(file, read_json(m_folder / file, max_case_bytes)).first;
        return known->second.at(line.at("input").get<std::string>());
    }

private:
    fs::path m_folder;
    std::map<std::string, Json> m_files;
};

void check_line(const Json& line, const Json& input, double tolerance, VerifyReport& report) {
    const auto id = line.at("id").get<std::string>();
    const Json got = metric_case_values(line, input);
    for (const auto& [name, want] : line.at("expected").items()) {
        const std::string what = id + "/" + name;
        if (!got.contains(name)) {
            report.fail(what, "unsupported: " + line.at("metric").get<std::string>() + " has no " + name);
            continue;
        }
        const Json& ours = got.at(name);
        if (name == "signature") {
            report.check(what, without_version(ours) == without_version(want),
                         shown_in_report(ours) + ", expected " + shown_in_report(want));
            continue;
        }
        Deviation distance(tolerance);
        distance.add(ours, want);
        if (distance.equal())
            report.compare(what, distance.difference(), distance.allowed());
        else
            report.fail(what, shown_in_report(ours) + ", expected " + shown_in_report(want));
    }
}

} // namespace

void verify_metric(const fs::path& folder, const std::string&, VerifyReport& report) {
    const fs::path file = folder / "case.json";
    const Json document = read_json(file);
    fs::path lines;
    double tolerance = 0;
    try {
        lines = folder / document.at("cases").get<std::string>();
        tolerance = document.at("tolerance").get<double>();
    } catch (const Json::exception& error) {
        throw input_error(file.string(), std::string("is not a metric case: ") + error.what());
    }
    Inputs inputs(folder);
    for_each_case_line(lines, "metric", report, [&](const Json& line, const std::string&) {
        check_line(line, inputs.find(document, line), tolerance, report);
    });
}

} // namespace diapason
