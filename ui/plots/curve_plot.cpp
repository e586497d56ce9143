#include "ui/plots/curve_plot.h"

#include "core/base/format.h"
#include "experiments/results.h"
#include "ui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace diapason::ui {
namespace {

constexpr double labelDistance = 13.5; // pixels between end labels
constexpr std::size_t bandedArms = 4;  // more bands than these hide each other; then only the raised arm has one

} // namespace

CurvePlot::CurvePlot(const RunCurves& curves, QWidget* parent)
    : QWidget(parent),
      m_curves(curves),
      m_plot(new QCustomPlot),
      m_title(new QLabel),
      m_note(new QLabel) {
    auto* heading = new QHBoxLayout;
    heading->setContentsMargins(12, 4, 12, 0);
    heading->addWidget(m_title);
    heading->addStretch();
    heading->addWidget(m_note);
    m_note->setProperty("role", QStringLiteral("secondary"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(heading);
    layout->addWidget(m_plot, 1);
    setFocusPolicy(Qt::StrongFocus);
    m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    m_plot->setNoAntialiasingOnDrag(true);
    m_plot->setPlottingHint(QCP::phFastPolylines, true);
    m_plot->setNotAntialiasedElements(QCP::aeAll);
    m_plot->setAntialiasedElements(QCP::aeScatters | QCP::aeItems);
    m_plot->axisRect()->setMinimumMargins(QMargins(48, 6, 170, 34));
    m_plot->legend->setVisible(false);
    m_cursor = new QCPItemLine(m_plot);
    m_cursor->setVisible(false);
    m_cursor->start->setTypeY(QCPItemPosition::ptAxisRectRatio);
    m_cursor->end->setTypeY(QCPItemPosition::ptAxisRectRatio);
    connect(m_plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        const double x = m_plot->xAxis->pixelToCoord(event->pos().x());
        Q_EMIT cursorMoved(m_plot->xAxis->range().contains(x) ? x : std::nan(""));
    });
    connect(m_plot, &QCustomPlot::mousePress, this, [this](QMouseEvent* event) {
        for (QCPAbstractItem* item : m_labels) {
            if (item->selectTest(event->pos(), false) >= 0 && item->selectTest(event->pos(), false) < 8)
                Q_EMIT armClicked(item->property("arm").toLongLong());
        }
    });
    const auto moved = [this] {
        m_follow = false;
        Q_EMIT viewMoved();
        refresh();
    };
    connect(m_plot, &QCustomPlot::mouseWheel, this, moved);
    connect(m_plot, &QCustomPlot::mouseDoubleClick, this, [this] { fit(); });
    m_plot->installEventFilter(this);
    m_timer.setSingleShot(true);
    m_timer.setInterval(50);
    connect(&m_timer, &QTimer::timeout, this, &CurvePlot::redraw);
    applyColours();
}

bool CurvePlot::eventFilter(QObject* object, QEvent* event) {
    if (object == m_plot && event->type() == QEvent::Leave) Q_EMIT cursorMoved(std::nan(""));
    if (object == m_plot && event->type() == QEvent::Resize) refresh();
    return QWidget::eventFilter(object, event);
}

void CurvePlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        applyColours();
        refresh();
    }
    QWidget::changeEvent(event);
}

void CurvePlot::applyColours() {
    m_plot->setBackground(colour(Role::base));
    QFont font = m_plot->font();
    font.setPixelSize(11);
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis}) {
        axis->setBasePen(QPen(colour(Role::strongLine)));
        axis->setTickPen(QPen(colour(Role::strongLine)));
        axis->setSubTickPen(Qt::NoPen);
        axis->setTickLength(0, 4);
        axis->setTickLabelColor(colour(Role::secondary));
        axis->setLabelColor(colour(Role::secondary));
        axis->setTickLabelFont(font);
        axis->setLabelFont(font);
        axis->grid()->setPen(QPen(colour(Role::weakLine)));
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
    m_cursor->setPen(QPen(colour(Role::secondary)));
}

void CurvePlot::setStyles(std::vector<CurveStyle> styles) {
    m_plot->clearGraphs();
    m_drawn.clear();
    m_bandGraphs.clear();
    m_styles = std::move(styles);
    for (const CurveStyle& style : m_styles) {
        Drawn drawn;
        drawn.raw = m_plot->addGraph();
        drawn.line = m_plot->addGraph();
        QColor thin = style.colour;
        thin.setAlphaF(0.16);
        drawn.raw->setPen(QPen(thin, 1));
        drawn.raw->setAdaptiveSampling(false);
        drawn.line->setAdaptiveSampling(false);
        m_drawn.push_back(drawn);
    }
    refresh();
}

void CurvePlot::setView(const CurveView& view) {
    m_view = view;
    m_plot->yAxis->setScaleType(view.logY ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    m_plot->yAxis->setTicker(view.logY ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog)
                                       : QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
    m_plot->yAxis->setNumberFormat(QStringLiteral("gb"));
    m_plot->yAxis->setNumberPrecision(4);
    m_plot->xAxis->setLabel(view.wallTime ? tr("wall time, s") : tr("step"));
    refresh();
}

void CurvePlot::setHeading(const QString& title, const QString& unit) {
    m_heading = title;
    m_unit = unit;
    refresh();
}

void CurvePlot::setRaisedArm(RowId arm) {
    if (arm == m_raised) return;
    m_raised = arm;
    refresh();
}

void CurvePlot::setFollow(bool follow) {
    m_follow = follow;
    refresh();
}

void CurvePlot::fit() {
    m_follow = true;
    Q_EMIT viewMoved();
    refresh();
}

void CurvePlot::refresh() {
    if (!m_timer.isActive()) m_timer.start();
}

void CurvePlot::setCursor(double x) {
    m_cursor->setVisible(std::isfinite(x));
    if (std::isfinite(x)) {
        m_cursor->start->setCoords(x, 0);
        m_cursor->end->setCoords(x, 1);
    }
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

std::size_t CurvePlot::visibleArms() const {
    std::set<RowId> arms;
    for (const CurveStyle& style : m_styles) {
        if (!style.hidden) arms.insert(style.arm);
    }
    return arms.size();
}

double CurvePlot::xOf(const Curve& curve, std::size_t i) const {
    return m_view.wallTime ? curve.wall[i] : static_cast<double>(curve.step[i]);
}

void CurvePlot::drawRun(std::size_t index, std::size_t& drawn, std::size_t& points) {
    const CurveStyle& style = m_styles[index];
    const Curve* curve = style.hidden ? nullptr : m_curves.find(style.run, m_view.metric);
    Drawn& graphs = m_drawn[index];
    graphs.raw->data()->clear();
    graphs.line->data()->clear();
    if (curve == nullptr) return;
    std::vector<double> x, y;
    for (std::size_t i = 0; i < curve->value.size() && curve->wall[i] <= m_view.untilWall; ++i) {
        x.push_back(xOf(*curve, i));
        // Infinities would freeze the range of the axis: they are gaps, like NaN.
        y.push_back(std::isfinite(curve->value[i]) ? curve->value[i] * m_view.scale : std::nan(""));
    }
    points += x.size();
    if (x.empty()) return;
    const int columns = std::max(50, m_plot->axisRect()->width());
    const auto put = [&](QCPGraph* graph, const std::vector<double>& values) {
        QVector<QCPGraphData> shown;
        for (const std::size_t i : decimate(x, values, x.front(), x.back(), columns))
            shown.append({x[i], values[i]});
        drawn += static_cast<std::size_t>(shown.size());
        graph->data()->set(shown, true);
    };
    const bool smoothed = m_view.smoothing > 0;
    if (smoothed && m_view.raw) put(graphs.raw, y);
    put(graphs.line, smooth(y, m_view.smoothing));
    QColor pen = style.colour;
    const bool raised = m_raised == style.arm;
    const bool crowded = m_view.bands && visibleArms() > bandedArms;
    pen.setAlphaF(raised ? 0.9 : m_raised != 0 ? 0.15 : crowded ? 0.12 : m_view.bands ? 0.55 : 0.9);
    graphs.line->setPen(QPen(pen, 1));
    // A curve of a single point is invisible as a line.
    graphs.line->setScatterStyle(x.size() < 3 ? seriesMarker(style.slot, pen, 6) : QCPScatterStyle());
    if (raised) graphs.line->setLayer(QStringLiteral("main"));
}

void CurvePlot::drawBands() {
    for (QCPGraph* graph : m_bandGraphs)
        m_plot->removeGraph(graph);
    m_bandGraphs.clear();
    if (!m_view.bands) return;
    // Values of each arm at each step, over its visible seeds.
    std::map<RowId, std::map<double, std::vector<double>>> arms;
    std::map<RowId, const CurveStyle*> styles;
    for (const CurveStyle& style : m_styles) {
        const Curve* curve = style.hidden ? nullptr : m_curves.find(style.run, m_view.metric);
        if (curve == nullptr) continue;
        styles.emplace(style.arm, &style);
        for (std::size_t i = 0; i < curve->value.size() && curve->wall[i] <= m_view.untilWall; ++i) {
            if (std::isfinite(curve->value[i]))
                arms[style.arm][static_cast<double>(curve->step[i])].push_back(curve->value[i] * m_view.scale);
        }
    }
    if (m_view.wallTime) return; // seeds share steps, not times
    for (const auto& [arm, steps] : arms) {
        QVector<QCPGraphData> mean, low, high;
        for (const auto& [step, values] : steps) {
            if (values.size() < 3) continue;
            const Estimate e = estimate(values);
            mean.append({step, e.mean});
            low.append({step, e.mean - *e.half_width});
            high.append({step, e.mean + *e.half_width});
        }
        if (mean.isEmpty()) continue;
        const CurveStyle& style = *styles.at(arm);
        QCPGraph* graphs[3] = {m_plot->addGraph(), m_plot->addGraph(), m_plot->addGraph()};
        graphs[0]->data()->set(low, true);
        graphs[1]->data()->set(high, true);
        graphs[2]->data()->set(mean, true);
        graphs[0]->setPen(Qt::NoPen);
        graphs[1]->setPen(Qt::NoPen);
        const bool raised = m_raised == arm;
        const double strength = m_raised == 0 || raised ? 1 : 0.3;
        QColor fill = style.colour;
        fill.setAlphaF(raised || (m_raised == 0 && arms.size() <= bandedArms) ? 0.15 : 0);
        graphs[1]->setBrush(fill);
        graphs[1]->setChannelFillGraph(graphs[0]);
        QColor pen = style.colour;
        pen.setAlphaF(strength);
        graphs[2]->setPen(QPen(pen, 2)); // a handful of points: a wide pen costs nothing here
        for (QCPGraph* graph : graphs)
            m_bandGraphs.push_back(graph);
    }
}

void CurvePlot::drawLabels() {
    for (QCPAbstractItem* item : m_labels)
        m_plot->removeItem(item);
    m_labels.clear();
    struct End {
        const CurveStyle* style;
        double x, y, pixel;
    };
    // The end of each arm's line: the mean of its runs' last values.
    std::map<RowId, std::vector<const QCPGraphData*>> ends;
    std::map<RowId, const CurveStyle*> styles;
    for (std::size_t i = 0; i < m_styles.size(); ++i) {
        const auto drawn = m_drawn[i].line->data();
        if (drawn->isEmpty()) continue;
        auto last = drawn->constEnd() - 1;
        while (last != drawn->constBegin() && !std::isfinite(last->value))
            --last;
        if (!std::isfinite(last->value)) continue;
        ends[m_styles[i].arm].push_back(&*last);
        styles.emplace(m_styles[i].arm, &m_styles[i]);
    }
    std::vector<End> labels;
    for (const auto& [arm, points] : ends) {
        double x = 0, y = 0;
        for (const QCPGraphData* point : points) {
            x = std::max(x, point->key);
            y += point->value / static_cast<double>(points.size());
        }
        labels.push_back({styles.at(arm), x, y, m_plot->yAxis->coordToPixel(y)});
    }
    std::sort(labels.begin(), labels.end(), [](const End& a, const End& b) { return a.pixel < b.pixel; });
    const QRect rect = m_plot->axisRect()->rect();
    // Pushed apart downwards, then back up from the bottom.
    std::vector<double> at;
    for (const End& end : labels)
        at.push_back(std::clamp(end.pixel, static_cast<double>(rect.top()), static_cast<double>(rect.bottom())));
    for (std::size_t i = 1; i < at.size(); ++i)
        at[i] = std::max(at[i], at[i - 1] + labelDistance);
    double bottom = rect.bottom() + 6;
    for (std::size_t i = at.size(); i-- > 0;) {
        at[i] = std::min(at[i], bottom);
        bottom = at[i] - labelDistance;
    }
    QFont font = m_plot->font();
    font.setPixelSize(11);
    const QFontMetrics metrics(font);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (at[i] < rect.top() - 8) continue; // more arms than the height holds; the table names them all
        const End& end = labels[i];
        const bool faded = m_raised != 0 && m_raised != end.style->arm;
        auto* leader = new QCPItemLine(m_plot);
        leader->setPen(QPen(colour(Role::strongLine)));
        leader->start->setType(QCPItemPosition::ptAbsolute);
        leader->end->setType(QCPItemPosition::ptAbsolute);
        const double x = std::clamp(m_plot->xAxis->coordToPixel(end.x), static_cast<double>(rect.left()),
                                    static_cast<double>(rect.right()));
        leader->start->setCoords(
            x + 2, std::clamp(end.pixel, static_cast<double>(rect.top()), static_cast<double>(rect.bottom())));
        leader->end->setCoords(rect.right() + 12, at[i]);
        leader->setClipToAxisRect(false);
        m_labels.push_back(leader);
        auto* text = new QCPItemText(m_plot);
        text->position->setType(QCPItemPosition::ptAbsolute);
        text->position->setCoords(rect.right() + 14, at[i]);
        text->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
        text->setClipToAxisRect(false);
        text->setFont(font);
        text->setColor(faded ? colour(Role::hint) : colour(Role::text));
        text->setText(metrics.elidedText(QStringLiteral("●  ") + end.style->shortLabel, Qt::ElideRight, 152));
        text->setProperty("arm", static_cast<qlonglong>(end.style->arm));
        m_labels.push_back(text);
        auto* dot = new QCPItemText(m_plot); // the marker in the arm's colour over the text's own dot
        dot->position->setType(QCPItemPosition::ptAbsolute);
        dot->position->setCoords(rect.right() + 14, at[i]);
        dot->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
        dot->setClipToAxisRect(false);
        dot->setFont(font);
        dot->setColor(end.style->colour);
        dot->setText(QStringLiteral("●"));
        m_labels.push_back(dot);
    }
}

void CurvePlot::applyRange() {
    if (!m_follow) return;
    double left = std::numeric_limits<double>::infinity(), right = -left, low = left, high = -left;
    for (const Drawn& graphs : m_drawn) {
        for (const QCPGraph* graph : {graphs.line, graphs.raw}) {
            for (const QCPGraphData& point : *graph->data()) {
                if (!std::isfinite(point.value) || (m_view.logY && point.value <= 0)) continue;
                left = std::min(left, point.key);
                right = std::max(right, point.key);
                low = std::min(low, point.value);
                high = std::max(high, point.value);
            }
        }
    }
    if (!(right >= left)) {
        m_plot->xAxis->setRange(0, 10);
        m_plot->yAxis->setRange(m_view.logY ? 0.1 : 0, m_view.logY ? 10 : 1);
        return;
    }
    left = std::min(left, 0.0);
    m_plot->xAxis->setRange(left, right > left ? right : left + 1);
    if (m_view.logY) {
        m_plot->yAxis->setRange(low / 1.1, high * 1.1);
    } else {
        const double margin = high > low ? 0.05 * (high - low) : std::max(0.05 * std::abs(high), 0.5);
        m_plot->yAxis->setRange(low - margin, high + margin);
    }
}

void CurvePlot::redraw() {
    if (!isVisible()) return;
    std::size_t drawn = 0;
    std::size_t points = 0;
    for (std::size_t i = 0; i < m_styles.size(); ++i)
        drawRun(i, drawn, points);
    drawBands();
    applyRange();
    m_plot->replot(QCustomPlot::rpImmediateRefresh); // settles the layout that labels need
    drawLabels();
    QString title = QStringLiteral("<b>%1</b>").arg(m_heading.toHtmlEscaped());
    if (m_view.bands)
        title += m_raised == 0 && visibleArms() > bandedArms
                     ? tr("&nbsp; mean over seeds; select an arm for its 95 % t-interval")
                     : tr("&nbsp; n ≥ 3: mean and 95 % t-interval");
    if (m_view.smoothing > 0) title += tr("&nbsp; %1 EMA").arg(qs(format_number(m_view.smoothing, 2)));
    m_title->setText(title);
    m_plot->yAxis->setLabel(m_unit);
    m_note->setText(points == 0      ? tr("no points yet")
                    : drawn < points ? tr("showing %1 of %2 points, min/max kept")
                                           .arg(qs(format_count(static_cast<std::int64_t>(drawn))),
                                                qs(format_count(static_cast<std::int64_t>(points))))
                                     : QString());
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

bool CurvePlot::savePng(const QString& file) const {
    return m_plot->savePng(file, 0, 0, 2.0);
}
bool CurvePlot::savePdf(const QString& file) const {
    return m_plot->savePdf(file);
}

} // namespace diapason::ui
