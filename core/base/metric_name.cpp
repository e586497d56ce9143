#include "core/base/metric_name.h"

#include "core/base/error.h"

#include <cmath>

namespace diapason {

std::string text_of(const MetricName& name) {
    return name.split + "/" + (name.dataset.empty() ? "" : name.dataset + "/") + name.metric;
}

Json to_json(const MetricName& name) {
    return {{"split", name.split}, {"dataset", name.dataset}, {"metric", name.metric}};
}

Json to_json(const std::vector<MetricValue>& values) {
    Json list = Json::array();
    for (const MetricValue& value : values) {
        list.push_back(to_json(value.name));
        list.back()["value"] = std::isfinite(value.value) ? Json(value.value) : Json();
    }
    return list;
}

MetricName metric_name_from(const Json& object) {
    try {
        return {object.at("split").get<std::string>(), object.at("dataset").get<std::string>(),
                object.at("metric").get<std::string>()};
    } catch (const Json::exception& error) {
        throw Error(ErrorKind::input, std::string("not a metric name: ") + error.what());
    }
}

std::vector<MetricValue> metric_values_from(const Json& list) {
    std::vector<MetricValue> values;
    try {
        for (const Json& entry : list) {
            if (!entry.at("value").is_null())
                values.push_back({metric_name_from(entry), entry.at("value").get<double>()});
        }
    } catch (const Json::exception& error) {
        throw Error(ErrorKind::input, std::string("not a list of metrics: ") + error.what());
    }
    return values;
}

} // namespace diapason
