#include "ui/results/size_plot.h"

#include "core/base/format.h"
#include "ui/plots/study_styles.h"
#include "ui/theme/theme.h"

#include <algorithm>
#include <cmath>

namespace diapason::ui {

SizePlot::SizePlot(QWidget* parent) : QCustomPlot(parent) {
    xAxis->setScaleType(QCPAxis::stLogarithmic);
    xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog));
    xAxis->setNumberFormat(QStringLiteral("gb"));
    xAxis->setNumberPrecision(0);
    xAxis->setLabel(tr("trained parameters with the head, log"));
    setNotAntialiasedElements(QCP::aeAll);
    setAntialiasedElements(QCP::aeScatters);
    setAccessibleName(tr("Score against size"));
}

void SizePlot::setTable(const ResultTable& table) {
    m_table = table;
    draw();
}

void SizePlot::changeEvent(QEvent* event) {
    QCustomPlot::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) draw();
}

void SizePlot::draw() {
    clearPlottables();
    clearItems();
    setBackground(colour(Role::base));
    QFont small = font();
    small.setPixelSize(11);
    for (QCPAxis* axis : {xAxis, yAxis}) {
        axis->setBasePen(QPen(colour(Role::strongLine)));
        axis->setTickPen(QPen(colour(Role::strongLine)));
        axis->setSubTickPen(Qt::NoPen);
        axis->setTickLength(0, 4);
        axis->setTickLabelColor(colour(Role::secondary));
        axis->setLabelColor(colour(Role::secondary));
        axis->setTickLabelFont(small);
        axis->setLabelFont(small);
        axis->grid()->setPen(QPen(colour(Role::weakLine)));
    }
    const auto metric = std::find(m_table.metrics.begin(), m_table.metrics.end(), m_table.primary_metric);
    if (metric == m_table.metrics.end()) {
        yAxis->setRange(0, 1);
        xAxis->setRange(1, 10);
        replot();
        return;
    }
    const auto k = static_cast<std::size_t>(metric - m_table.metrics.begin());
    const MetricText text = metric_text(*metric);
    yAxis->setLabel(text.heading + QStringLiteral(", ") + text.unit);
    double left = 1e30, right = 1, low = 1e30, high = -1e30;
    std::vector<std::pair<QPointF, const ResultRow*>> points;
    for (const ResultRow& row : m_table.rows) {
        const Estimate& e = row.metrics[k];
        if (e.n == 0) continue;
        const double x = static_cast<double>(std::max<std::int64_t>(1, row.trained + row.head));
        const double y = e.mean * text.scale;
        const double half = e.half_width.value_or(0) * text.scale;
        auto* graph = addGraph();
        graph->setLineStyle(QCPGraph::lsNone);
        graph->setScatterStyle(seriesMarker(row.colour_slot, seriesColour(row.colour_slot), 8));
        graph->addData(x, y);
        if (half > 0) {
            auto* bars = new QCPErrorBars(xAxis, yAxis);
            bars->setDataPlottable(graph);
            bars->addData(half);
            bars->setPen(QPen(seriesColour(row.colour_slot), 1));
            bars->setWhiskerWidth(0);
            bars->setSymbolGap(0);
        }
        left = std::min(left, x);
        right = std::max(right, x);
        low = std::min(low, y - half);
        high = std::max(high, y + half);
        points.emplace_back(QPointF(x, y), &row);
    }
    if (points.empty()) {
        replot();
        return;
    }
    const double margin = std::max(1.0, 0.08 * (high - low));
    xAxis->setRange(left / 3, right * 8);
    yAxis->setRange(low - margin, high + margin);
    // Arms of equal size crowd: names are pushed apart in each column.
    std::sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.first.y() > b.first.y(); });
    std::vector<QPointF> used;
    for (const auto& [point, row] : points) {
        QPointF at(xAxis->coordToPixel(point.x()) + 10, yAxis->coordToPixel(point.y()));
        for (const QPointF& other : used) {
            if (std::abs(other.x() - at.x()) < 160 && at.y() < other.y() + 13.5) at.setY(other.y() + 13.5);
        }
        used.push_back(at);
        auto* label = new QCPItemText(this);
        label->position->setType(QCPItemPosition::ptAbsolute);
        label->position->setCoords(at);
        label->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
        label->setFont(small);
        label->setColor(colour(Role::text));
        label->setText(qs(row->label));
    }
    replot();
}

} // namespace diapason::ui
