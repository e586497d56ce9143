#include "ui/results/size_plot.h"

#include "core/base/format.h"
#include "ui/plots/study_styles.h"
#include "ui/theme/theme.h"

#include <algorithm>
#include <cmath>

namespace diapason::ui {
namespace {

constexpr double nameDistance = 13.5; // pixels

} // namespace

SizePlot::SizePlot(QWidget* parent) : QCustomPlot(parent) {
    xAxis->setScaleType(QCPAxis::stLogarithmic);
    xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog));
    xAxis->setNumberFormat(QStringLiteral("gb"));
    xAxis->setNumberPrecision(0);
    xAxis->setLabel(tr("trained parameters without the head, log; 0 at the left edge"));
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

// Arms of similar size crowd: the names of such a group stand in one column beside it, pushed apart, with leaders.
void SizePlot::drawNames(std::vector<Named> points) {
    QFont small = font();
    small.setPixelSize(11);
    const QFontMetrics metrics(small);
    for (Named& point : points)
        point.place = {xAxis->coordToPixel(point.place.x()), yAxis->coordToPixel(point.place.y())};
    std::sort(points.begin(), points.end(), [](const Named& a, const Named& b) { return a.place.x() < b.place.x(); });
    for (std::size_t begin = 0, end = 0; begin < points.size(); begin = end) {
        int widest = 0;
        for (end = begin; end < points.size(); ++end) {
            if (end > begin && points[end].place.x() - points[end - 1].place.x() > widest + 30) break;
            widest = std::max(widest, metrics.horizontalAdvance(points[end].name));
        }
        const double column = points[end - 1].place.x() + 16;
        std::sort(points.begin() + static_cast<std::ptrdiff_t>(begin),
                  points.begin() + static_cast<std::ptrdiff_t>(end),
                  [](const Named& a, const Named& b) { return a.place.y() < b.place.y(); });
        // Downwards from the highest, then back up from the bottom of the plot.
        std::vector<double> at;
        for (std::size_t i = begin; i < end; ++i)
            at.push_back(at.empty() ? points[i].place.y() : std::max(points[i].place.y(), at.back() + nameDistance));
        double bottom = axisRect()->bottom() - 4;
        for (std::size_t i = at.size(); i-- > 0;) {
            at[i] = std::min(at[i], bottom);
            bottom = at[i] - nameDistance;
        }
        for (std::size_t i = begin; i < end; ++i) {
            const double y = at[i - begin];
            if (end - begin > 1) {
                auto* leader = new QCPItemLine(this);
                leader->setPen(QPen(colour(Role::weakLine)));
                leader->start->setType(QCPItemPosition::ptAbsolute);
                leader->end->setType(QCPItemPosition::ptAbsolute);
                leader->start->setCoords(points[i].place + QPointF(5, 0));
                leader->end->setCoords(column - 2, y);
            }
            auto* label = new QCPItemText(this);
            label->position->setType(QCPItemPosition::ptAbsolute);
            label->position->setCoords(column, y);
            label->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
            label->setFont(small);
            label->setColor(colour(Role::text));
            label->setText(points[i].name);
            label->setClipToAxisRect(false);
        }
    }
    replot();
}

void SizePlot::resizeEvent(QResizeEvent* event) {
    QCustomPlot::resizeEvent(event);
    if (!m_table.rows.empty()) draw();
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
    // Nothing trained but the head has no place on a log axis: a decade to the left of the smallest.
    double smallest = 1e30;
    std::vector<int> hues;
    for (const ResultRow& row : m_table.rows) {
        hues.push_back(row.colour_slot);
        if (row.trained > 0) smallest = std::min(smallest, static_cast<double>(row.trained));
    }
    const double zero = smallest < 1e30 ? smallest / 10 : 1;
    const std::vector<QColor> colours = arm_colours(hues);
    double left = 1e30, right = 1, low = 1e30, high = -1e30;
    std::vector<Named> points;
    std::size_t index = 0;
    for (const ResultRow& row : m_table.rows) {
        const Estimate& e = row.metrics[k];
        const QColor shade = colours[index++];
        if (e.n == 0) continue;
        const double x = row.trained > 0 ? static_cast<double>(row.trained) : zero;
        const double y = e.mean * text.scale;
        const double half = e.half_width.value_or(0) * text.scale;
        auto* graph = addGraph();
        graph->setLineStyle(QCPGraph::lsNone);
        graph->setScatterStyle(seriesMarker(row.colour_slot, shade, 8));
        graph->addData(x, y);
        if (half > 0) {
            auto* bars = new QCPErrorBars(xAxis, yAxis);
            bars->setDataPlottable(graph);
            bars->addData(half);
            bars->setPen(QPen(shade, 1));
            bars->setWhiskerWidth(0);
            bars->setSymbolGap(0);
        }
        left = std::min(left, x);
        right = std::max(right, x);
        low = std::min(low, y - half);
        high = std::max(high, y + half);
        points.push_back(
            {QPointF(x, y), short_label(qs(row.label), std::count(hues.begin(), hues.end(), row.colour_slot) > 1)});
    }
    if (points.empty()) {
        replot();
        return;
    }
    const double margin = std::max(1.0, 0.08 * (high - low));
    xAxis->setRange(left / 3, right * 8);
    yAxis->setRange(low - margin, high + margin);
    replot(); // settles the axes that names are placed by
    drawNames(points);
    replot();
}

} // namespace diapason::ui
