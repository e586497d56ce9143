#include "experiments/engine/point_log.h"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace diapason {
namespace {

// A column of all series, one behind the other.
template <typename T>
class Joined {
public:
    Joined(std::size_t size, at::ScalarType type)
        : m_tensor(at::empty({static_cast<std::int64_t>(size)}, at::TensorOptions().dtype(type))),
          m_next(m_tensor.mutable_data_ptr<T>()) {}
    void append(const std::vector<T>& values) { m_next = std::copy(values.begin(), values.end(), m_next); }
    const at::Tensor& tensor() const { return m_tensor; }

private:
    at::Tensor m_tensor;
    T* m_next;
};

} // namespace

void PointLog::start() {
    m_start = m_sent = Clock::now();
}

double PointLog::elapsed() const {
    return m_before_s + std::chrono::duration<double>(Clock::now() - m_start).count();
}

void PointLog::add(const MetricName& name, std::int64_t step, double value) {
    const double wall_s = elapsed();
    if (m_recording) {
        Column& column = m_history[name];
        column.step.push_back(step);
        column.wall_s.push_back(wall_s);
        column.value.push_back(value);
    }
    send({name, step, wall_s, value});
}

void PointLog::send(MetricPoint point) {
    m_points.points.push_back(std::move(point));
    if (m_points.points.size() >= 256 || Clock::now() - m_sent > std::chrono::milliseconds(50)) flush();
}

void PointLog::flush() {
    m_sent = Clock::now();
    if (m_points.points.empty()) return;
    m_sink(std::move(m_points));
    m_points.points.clear();
}

void PointLog::save(Checkpoint& checkpoint) const {
    std::size_t size = 0;
    for (const auto& [name, column] : m_history)
        size += column.step.size();
    Joined<std::int64_t> step(size, at::kLong);
    Joined<double> wall_s(size, at::kDouble), value(size, at::kDouble);
    Json series = Json::array();
    for (const auto& [name, column] : m_history) {
        series.push_back({{"name", to_json(name)}, {"points", column.step.size()}});
        step.append(column.step);
        wall_s.append(column.wall_s);
        value.append(column.value);
    }
    checkpoint.tensors["points.step"] = step.tensor();
    checkpoint.tensors["points.wall_s"] = wall_s.tensor();
    checkpoint.tensors["points.value"] = value.tensor();
    checkpoint.state["points"] = {{"series", std::move(series)}, {"elapsed_s", elapsed()}};
}

void PointLog::restore(const Checkpoint& checkpoint) {
    const Json& state = checkpoint.part("points");
    const at::Tensor& steps = checkpoint.tensor("points.step", {});
    const auto* step = steps.const_data_ptr<std::int64_t>();
    const auto* wall_s = checkpoint.tensor("points.wall_s", steps.sizes().vec()).const_data_ptr<double>();
    const auto* value = checkpoint.tensor("points.value", steps.sizes().vec()).const_data_ptr<double>();
    m_history.clear();
    for (const Json& series : state.at("series")) {
        const auto size = series.at("points").get<std::ptrdiff_t>();
        Column& column = m_history[metric_name_from(series.at("name"))];
        column.step.assign(step, step + size);
        column.wall_s.assign(wall_s, wall_s + size);
        column.value.assign(value, value + size);
        step += size;
        wall_s += size;
        value += size;
    }
    m_before_s = state.at("elapsed_s").get<double>();
}

void PointLog::resend() {
    std::vector<MetricPoint> points;
    for (const auto& [name, column] : m_history) {
        for (std::size_t i = 0; i < column.step.size(); ++i)
            points.push_back({name, column.step[i], column.wall_s[i], column.value[i]});
    }
    std::stable_sort(points.begin(), points.end(),
                     [](const MetricPoint& a, const MetricPoint& b) { return a.wall_s < b.wall_s; });
    for (MetricPoint& point : points)
        send(std::move(point));
    flush();
}

} // namespace diapason
