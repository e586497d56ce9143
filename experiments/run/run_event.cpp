#include "experiments/run/run_event.h"

#include <array>

namespace diapason {
namespace {

constexpr std::array<const char*, 3> severity_names = {"info", "warning", "error"};
constexpr std::array<ErrorKind, 9> error_kinds = {ErrorKind::internal, ErrorKind::config,       ErrorKind::input,
                                                  ErrorKind::storage,  ErrorKind::memory,       ErrorKind::diverged,
                                                  ErrorKind::locked,   ErrorKind::incompatible, ErrorKind::cancelled};

struct ToJson {
    Json operator()(const RunBegan& e) const {
        return {{"event", "began"},     {"total_steps", e.total_steps}, {"first_step", e.first_step},
                {"trained", e.trained}, {"stored", e.stored},           {"stored_bits", e.stored_bits},
                {"head", e.head},       {"environment", e.environment}};
    }
    Json operator()(const MetricPoints& e) const {
        Json points = Json::array();
        for (const MetricPoint& p : e.points)
            points.push_back({p.name.split, p.name.dataset, p.name.metric, p.step, number_to_json(p.wall_s),
                              number_to_json(p.value)});
        return {{"event", "points"}, {"points", std::move(points)}};
    }
    Json operator()(const Predictions& e) const {
        Json items = Json::array();
        for (const Prediction& p : e.items) {
            items.push_back({p.item, p.predicted, p.expected, number_to_json(p.score)});
            if (!p.detail.is_null()) items.back().push_back(p.detail);
        }
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
                            json.at("head").get<std::int64_t>(),        json.at("environment"),
                            json.at("first_step").get<std::int64_t>()};
        }
        if (kind == "points") {
            MetricPoints points;
            for (const Json& p : json.at("points")) {
                MetricName name{p.at(0).get<std::string>(), p.at(1).get<std::string>(), p.at(2).get<std::string>()};
                points.points.push_back({std::move(name), p.at(3).get<std::int64_t>(), number_from_json(p.at(4)),
                                         number_from_json(p.at(5))});
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
                                             p.at(2).get<std::string>(), number_from_json(p.at(3)),
                                             p.size() > 4 ? p.at(4) : Json()});
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
        throw Error(ErrorKind::input, "not a run event: " + kind);
    } catch (const Json::exception& error) {
        throw Error(ErrorKind::input, std::string("not a run event: ") + error.what());
    }
}

} // namespace diapason
