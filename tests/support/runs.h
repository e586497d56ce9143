// Runs of the engine as tests look at them: events in, bits out.
#pragma once

#include "experiments/engine/runner.h"
#include "experiments/study/study.h"
#include "tests/support/program.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace diapason::testing {

/// The events of a run.
struct Record {
    std::vector<RunEvent> events;
    RunState state = RunState::queued;

    std::vector<MetricPoint> points(const MetricName& name) const {
        std::vector<MetricPoint> found;
        for (const RunEvent& event : events)
            if (const auto* points = std::get_if<MetricPoints>(&event))
                for (const MetricPoint& point : points->points)
                    if (point.name == name) found.push_back(point);
        return found;
    }
    /// Of a finished run's summary.
    std::optional<double> metric(const MetricName& name) const {
        for (const MetricValue& value : metric_values_from(last().summary.at("metrics")))
            if (value.name == name) return value.value;
        return {};
    }
    const StateChanged& last() const { return std::get<StateChanged>(events.back()); }
    std::vector<RunState> states() const {
        std::vector<RunState> states;
        for (const RunEvent& event : events)
            if (const auto* change = std::get_if<StateChanged>(&event)) states.push_back(change->state);
        return states;
    }
};

/// @param store null = one that all these runs share, as in a program
inline Record execute(const RunSpec& spec, const RunPlace& place = {}, RunControl* control = nullptr,
                      FrozenStore* store = nullptr) {
    static FrozenStore shared;
    Record record;
    RunControl own;
    record.state = execute_run(
        spec, place, [&](RunEvent event) { record.events.push_back(std::move(event)); }, control ? *control : own,
        store ? store : &shared);
    return record;
}

/// The tiny study's arm of a method, with other training options.
inline RunSpec spec_of(const std::string& method, const Json& training = Json::object(),
                       const Json& options = Json::object()) {
    Json document = tiny_study();
    document["methods"] = {{{"method", method}, {"options", options}}};
    document["training"].update(training);
    RunSpec spec = expand(study_from_json(document, "tiny")).front().spec;
    spec.seed = 1;
    return spec;
}

/// Everything but times: what has to be the same bits.
inline std::vector<std::string> bits_of(const Record& record) {
    std::vector<std::string> lines;
    for (RunEvent event : record.events) {
        if (auto* points = std::get_if<MetricPoints>(&event)) {
            for (const MetricPoint& point : points->points)
                if (point.name.split != "system")
                    lines.push_back(text_of(point.name) + " " + std::to_string(point.step) + " " +
                                    Json(point.value).dump());
        } else if (const auto* predictions = std::get_if<Predictions>(&event)) {
            lines.push_back(to_line(*predictions));
        }
    }
    return lines;
}

} // namespace diapason::testing
