#include "core/store/point_writer.h"

#include <cmath>

namespace diapason {

PointWriter::PointWriter(Connection& connection)
    : m_connection(connection),
      m_find(connection, "SELECT id FROM series WHERE run = ? AND split = ? AND dataset = ? AND metric = ?"),
      m_create(connection, "INSERT INTO series(run, split, dataset, metric) VALUES (?, ?, ?, ?)"),
      m_insert(connection,
               "INSERT INTO point(series, step, wall_s, value, kind) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING") {}

void PointWriter::write(RowId run, const std::vector<PointRow>& points) {
    for (const PointRow& point : points) {
        m_insert.bind_all(series(run, point.name), point.step, point.wall_s);
        if (std::isfinite(point.value))
            m_insert.bind(4, point.value).bind_null(5);
        else
            m_insert.bind_null(4).bind(5, std::isnan(point.value) ? std::string_view("nan")
                                                                  : std::string_view(point.value > 0 ? "inf" : "-inf"));
        m_insert.run();
    }
}

RowId PointWriter::series(RowId run, const MetricName& name) {
    const auto found = m_series.find({run, name});
    if (found != m_series.end()) return found->second;
    m_find.bind_all(run, name.split, name.dataset, name.metric);
    RowId id = m_find.step() ? m_find.integer(0) : 0;
    m_find.reset();
    if (id == 0) {
        m_create.bind_all(run, name.split, name.dataset, name.metric).run();
        id = m_connection.last_row_id();
    }
    return m_series[{run, name}] = id;
}

} // namespace diapason
