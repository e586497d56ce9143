#include "experiments/run/run_event.h"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace diapason {
namespace {

constexpr std::array<std::pair<RunState, const char*>, 9> state_names = {{{RunState::queued, "queued"},
                                                                          {RunState::starting, "starting"},
                                                                          {RunState::running, "running"},
                                                                          {RunState::paused, "paused"},
                                                                          {RunState::finished, "finished"},
                                                                          {RunState::diverged, "diverged"},
                                                                          {RunState::failed, "failed"},
                                                                          {RunState::cancelled, "cancelled"},
                                                                          {RunState::interrupted, "interrupted"}}};

constexpr std::array<const char*, 3> severity_names = {"info", "warning", "error"};
constexpr std::array<ErrorKind, 9> error_kinds = {ErrorKind::internal, ErrorKind::config,       ErrorKind::input,
                                                  ErrorKind::storage,  ErrorKind::memory,       ErrorKind::diverged,
                                                  ErrorKind::locked,   ErrorKind::incompatible, ErrorKind::cancelled};

// JSON has no NaN and no infinity; finite doubles are written so that reading gives the same bits.
Json number(double value) {
    if (std::isfinite(value)) return value;
    return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

double number_from(const Json& json) {
    if (json.is_number()) return json.get<double>();
    const std::string text = json.get<std::string>();
    if (text == "nan") return std::nan("");
    if (text == "inf") return std::numeric_limits<double>::infinity();
    if (text == "-inf") return -std::numeric_limits<double>::infinity();
    throw Error(ErrorKind::input, "no number: " + text);
}

struct ToJson {
    Json operator()(const RunBegan& e) const {
        return {{"event", "began"},
                {"total_steps", e.total_steps},
                {"trained", e.trained},
                {"stored", e.stored},
                {"stored_bits", e.stored_bits},
                {"head", e.head},
                {"environment", e.environment}};
    }
    Json operator()(const MetricPoints& e) const {
        Json points = Json::array();
        for (const MetricPoint& p : e.points)
            points.push_back({p.name.split, p.name.dataset, p.name.metric, p.step, number(p.wall_s), number(p.value)});
        return {{"event", "points"}, {"points", std::move(points)}};
    }
    Json operator()(const Predictions& e) const {
        Json items = Json::array();
        for (const Prediction& p : e.items)
            items.push_back({p.item, p.predicted, p.expected, number(p.score)});
        return {{"event", "predictions"},
                {"split", e.split},
                {"dataset", e.dataset},
                {"step", e.step},
                {"items", std::move(items)}};
    }
    Json operator()(const ArtifactWritten& e) const {
        return {{"event", "artifact"}, {"kind", e.kind},   {"path", e.path},
                {"sha256", e.sha256},  {"bytes", e.bytes}, {"step", e.step}};
    }
    Json operator()(const Progress& e) const {
        return {{"event", "progress"}, {"step", e.step}, {"total_steps", e.total_steps}};
    }
    Json operator()(const LogLine& e) const {
        return {{"event", "log"}, {"severity", severity_names[static_cast<std::size_t>(e.severity)]}, {"text", e.text}};
    }
    Json operator()(const StateChanged& e) const {
        Json json = {{"event", "state"},
                     {"state", name_of(e.state)},
                     {"message", e.message},
                     {"error", name_of(e.error)},
                     {"summary", e.summary}};
        return json;
    }
};

} // namespace

const char* name_of(RunState state) {
    for (const auto& [candidate, name] : state_names) {
        if (candidate == state) return name;
    }
    return "queued";
}

RunState run_state_from(const std::string& name) {
    for (const auto& [state, candidate] : state_names) {
        if (name == candidate) return state;
    }
    throw Error(ErrorKind::input, "no state of a run: " + name);
}

bool is_terminal(RunState state) {
    return state == RunState::finished || state == RunState::diverged || state == RunState::failed ||
           state == RunState::cancelled || state == RunState::interrupted;
}

bool may_follow(RunState from, RunState to) {
    switch (from) {
    case RunState::queued:
        return to == RunState::starting || to == RunState::cancelled || to == RunState::failed;
    case RunState::starting:
        return to == RunState::running || to == RunState::failed || to == RunState::cancelled ||
               to == RunState::interrupted;
    case RunState::running:
        return to == RunState::paused || is_terminal(to);
    case RunState::paused:
        return to == RunState::running || to == RunState::cancelled || to == RunState::interrupted ||
               to == RunState::failed;
    case RunState::failed:
    case RunState::cancelled:
    case RunState::interrupted:
        return to == RunState::queued; // asked to run again
    case RunState::finished:
    case RunState::diverged:
        return false;
    }
    return false;
}

std::string to_line(const RunEvent& event) {
    // Texts of data files may not be UTF-8; a replacement character keeps the line readable.
    return std::visit(ToJson{}, event).dump(-1, ' ', false, Json::error_handler_t::replace);
}

RunEvent run_event_from_line(const std::string& line) {
    try {
        const Json json = Json::parse(line);
        const std::string kind = json.at("event").get<std::string>();
        if (kind == "began") {
            return RunBegan{json.at("total_steps").get<std::int64_t>(), json.at("trained").get<std::int64_t>(),
                            json.at("stored").get<std::int64_t>(),      json.at("stored_bits").get<std::int64_t>(),
                            json.at("head").get<std::int64_t>(),        json.at("environment")};
        }
        if (kind == "points") {
            MetricPoints points;
            for (const Json& p : json.at("points")) {
                MetricName name{p.at(0).get<std::string>(), p.at(1).get<std::string>(), p.at(2).get<std::string>()};
                points.points.push_back(
                    {std::move(name), p.at(3).get<std::int64_t>(), number_from(p.at(4)), number_from(p.at(5))});
            }
            return points;
        }
        if (kind == "predictions") {
            Predictions predictions{json.at("split").get<std::string>(),
                                    json.at("dataset").get<std::string>(),
                                    json.at("step").get<std::int64_t>(),
                                    {}};
            for (const Json& p : json.at("items")) {
                predictions.items.push_back({p.at(0).get<std::string>(), p.at(1).get<std::string>(),
                                             p.at(2).get<std::string>(), number_from(p.at(3))});
            }
            return predictions;
        }
        if (kind == "artifact") {
            return ArtifactWritten{json.at("kind").get<std::string>(), json.at("path").get<std::string>(),
                                   json.at("sha256").get<std::string>(), json.at("bytes").get<std::int64_t>(),
                                   json.at("step").get<std::int64_t>()};
        }
        if (kind == "progress")
            return Progress{json.at("step").get<std::int64_t>(), json.at("total_steps").get<std::int64_t>()};
        if (kind == "log") {
            const std::string severity = json.at("severity").get<std::string>();
            return LogLine{severity == "error"     ? Severity::error
                           : severity == "warning" ? Severity::warning
                                                   : Severity::info,
                           json.at("text").get<std::string>()};
        }
        if (kind == "state") {
            StateChanged change{run_state_from(json.at("state").get<std::string>()),
                                json.at("message").get<std::string>(), ErrorKind::internal, json.at("summary")};
            for (const ErrorKind error : error_kinds) {
                if (json.at("error") == name_of(error)) change.error = error;
            }
            return change;
        }
        throw Error(ErrorKind::input, "no event of a run: " + kind);
    } catch (const Json::exception& error) {
        throw Error(ErrorKind::input, std::string("no event of a run: ") + error.what());
    }
}

} // namespace diapason
