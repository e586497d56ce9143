// The statements that points go through, prepared once.
#pragma once

#include "core/store/connection.h"
#include "core/store/records.h"

#include <map>
#include <utility>
#include <vector>

namespace diapason {

/// A point as the store takes it.
struct PointRow {
    MetricName name;
    std::int64_t step = 0;
    double wall_s = 0;
    double value = 0;
};

/// Writes points within the caller's transaction. Thread of the connection.
class PointWriter {
public:
    explicit PointWriter(Connection& connection);

    void write(RowId run, const std::vector<PointRow>& points);
    void forget() { m_series.clear(); } ///< ids of series that have been deleted or rolled back

private:
    RowId series(RowId run, const MetricName& name);

    Connection& m_connection;
    Statement m_find, m_create, m_insert;
    std::map<std::pair<RowId, MetricName>, RowId> m_series;
};

} // namespace diapason
