#include "ui/results/size_plot.h"

#include "core/base/format.h"
#include "ui/plots/axes.h"
#include "ui/plots/study_styles.h"
#include "ui/theme/theme.h"

#include <algorithm>
#include <cmath>

namespace diapason::ui {
namespace {

// Decades, and "0" where arms stand that train nothing but the head.
class SizeTicker : public QCPAxisTickerLog {
public:
    explicit SizeTicker(double zero) : m_zero(zero) { setSubTickCount(0); }

protected:
    QVector<double> createTickVector(double step, const QCPRange& range) override {
        QVector<double> ticks = QCPAxisTickerLog::createTickVector(step, range);
        if (m_zero <= 0) return ticks;
        ticks.erase(std::remove_if(ticks.begin(), ticks.end(), [this](double tick) { return tick < 3 * m_zero; }),
                    ticks.end());
        ticks.prepend(m_zero);
        return ticks;
    }
    QString getTickLabel(double tick, const QLocale&, QChar, int) override {
        if (tick == m_zero) return QStringLiteral("0");
        const std::pair<double, const char*> units[] = {{1e9, " G"}, {1e6, " M"}, {1e3, " k"}};
        for (const auto& [unit, name] : units) {
            if (tick >= unit) return QString::number(tick / unit) + QLatin1String(name);
        }
        return QString::number(tick);
    }

private:
    double m_zero;
};

} // namespace

SizePlot::SizePlot(QWidget* parent) : QCustomPlot(parent), m_marks(new SizeMarks(this)) {
    dressAxes(*this);
    xAxis->setScaleType(QCPAxis::stLogarithmic);
    xAxis->setLabel(tr("trained parameters without the head (log); arms of equal size are drawn side by side"));
    setNotAntialiasedElements(QCP::aeAll);
    setAntialiasedElements(QCP::aeScatters);
    setMouseTracking(true);
    setAccessibleName(tr("Score against size"));
    setAccessibleDescription(tr("The table above shows the values."));
}

void SizePlot::setTable(const ResultTable& table) {
    m_table = table;
    draw();
}

void SizePlot::changeEvent(QEvent* event) {
    QCustomPlot::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) draw();
}

// Beside its marker where there is room, to the right, to the left, above or below; else only under the mouse.
void SizePlot::drawNames() {
    const QFont small = plotFont(*this);
    const QFontMetrics metrics(small);
    const QRectF plot = axisRect()->rect();
    std::vector<QRectF> taken;
    for (const SizeMark& mark : m_marks->marks()) {
        const QPointF at = m_marks->pixelOf(mark);
        taken.emplace_back(at - QPointF(5, 5), QSizeF(10, 10));
        const double half = std::abs(yAxis->coordToPixel(mark.y + mark.half) - at.y());
        taken.emplace_back(at - QPointF(2, half), QSizeF(4, 2 * half));
    }
    for (const SizeMark& mark : m_marks->marks()) {
        const double width = metrics.horizontalAdvance(mark.name), height = metrics.height();
        const QPointF c = m_marks->pixelOf(mark);
        const QRectF places[] = {{c.x() + 10, c.y() - height / 2, width, height},
                                 {c.x() - 10 - width, c.y() - height / 2, width, height},
                                 {c.x() + 7, c.y() - height - 3, width, height},
                                 {c.x() + 7, c.y() + 3, width, height}};
        for (const QRectF& place : places) {
            if (!plot.contains(place)) continue;
            if (std::any_of(taken.begin(), taken.end(), [&](const QRectF& other) { return other.intersects(place); }))
                continue;
            taken.push_back(place);
            auto* text = new QCPItemText(this);
            text->position->setType(QCPItemPosition::ptAbsolute);
            text->position->setCoords(place.left(), place.center().y());
            text->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
            text->setFont(small);
            text->setColor(colour(Role::text));
            text->setText(mark.name);
            break;
        }
    }
}

void SizePlot::mouseMoveEvent(QMouseEvent* event) {
    QCustomPlot::mouseMoveEvent(event);
    QString name;
    double nearest = 12; // pixels
    for (const SizeMark& mark : m_marks->marks()) {
        const double distance = QLineF(m_marks->pixelOf(mark), event->position()).length();
        if (distance >= nearest) continue;
        nearest = distance;
        name = mark.full;
    }
    setToolTip(name);
}

void SizePlot::resizeEvent(QResizeEvent* event) {
    QCustomPlot::resizeEvent(event);
    if (!m_table.rows.empty()) draw();
}

void SizePlot::draw() {
    clearItems();
    m_marks = new SizeMarks(this);
    dressAxes(*this);
    const auto metric = std::find(m_table.metrics.begin(), m_table.metrics.end(), m_table.primary_metric);
    if (metric != m_table.metrics.end()) takePoints(static_cast<std::size_t>(metric - m_table.metrics.begin()));
    if (m_marks->marks().empty()) {
        yAxis->setRange(0, 1);
        xAxis->setRange(1, 10);
        replot();
        return;
    }
    settleLayout(*this);
    drawNames();
    replot();
}

void SizePlot::takePoints(std::size_t metric) {
    const MetricText text = metric_text(m_table.metrics[metric]);
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
    std::vector<SizeMark> marks;
    std::size_t index = 0;
    for (const ResultRow& row : m_table.rows) {
        const Estimate& e = row.metrics[metric];
        const QColor shade = colours[index++];
        if (e.n == 0) continue;
        SizeMark mark;
        mark.x = row.trained > 0 ? static_cast<double>(row.trained) : zero;
        mark.y = e.mean * text.scale;
        mark.half = e.half_width.value_or(0) * text.scale;
        mark.slot = row.colour_slot;
        mark.colour = shade;
        mark.name = short_label(qs(row.label), std::count(hues.begin(), hues.end(), row.colour_slot) > 1);
        mark.full = tr("%1: %2 %3, %4 parameters trained")
                        .arg(qs(row.label), qs(format_number(mark.y, 1)), text.unit, qs(format_count(row.trained)));
        left = std::min(left, mark.x);
        right = std::max(right, mark.x);
        low = std::min(low, mark.y - mark.half);
        high = std::max(high, mark.y + mark.half);
        marks.push_back(std::move(mark));
    }
    xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new SizeTicker(left <= zero ? zero : 0)));
    if (!marks.empty()) {
        const double margin = std::max(1.0, 0.08 * (high - low));
        xAxis->setRange(left / 3, right * 8);
        yAxis->setRange(low - margin, high + margin);
    }
    m_marks->setMarks(std::move(marks));
}

} // namespace diapason::ui
