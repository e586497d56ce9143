// What CurvePlot draws: caches, lines, bands, labels, the range in view.

#include "core/base/format.h"
#include "ui/plots/axes.h"
#include "ui/plots/curve_plot.h"
#include "ui/theme/theme.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace diapason::ui {
namespace {

constexpr std::size_t bandedArms = 4;   // more bands, or raw curves, than these hide each other
constexpr std::size_t denseCurves = 10; // from here on two pixels share a column: most of what they hold is hidden

QVector<QCPGraphData> part(const std::vector<double>& x, const std::vector<double>& y, std::size_t from,
                           std::size_t to) {
    QVector<QCPGraphData> data;
    data.reserve(static_cast<qsizetype>(to - from));
    for (std::size_t i = from; i < to; ++i)
        data.append({x[i], y[i]});
    return data;
}

// Towards the background instead of translucent: blending dense lines costs several times their drawing.
QColor faded(const QColor& c, double share) {
    const QColor ground = colour(Role::base);
    const auto mix = [share](int a, int b) { return static_cast<int>(b + share * (a - b)); };
    return QColor(mix(c.red(), ground.red()), mix(c.green(), ground.green()), mix(c.blue(), ground.blue()));
}

// Times of one run ascend.
std::size_t knownAt(const Thinned& curve, double wall) {
    return static_cast<std::size_t>(std::upper_bound(curve.wall.begin(), curve.wall.end(), wall) - curve.wall.begin());
}

} // namespace

bool CurvePlot::crowded() const {
    std::set<RowId> arms;
    for (const CurveStyle& style : m_styles) {
        if (!style.hidden) arms.insert(style.arm);
    }
    return arms.size() > bandedArms;
}

const CurveStyle* CurvePlot::styleOf(RowId arm) const {
    const auto found =
        std::find_if(m_styles.begin(), m_styles.end(), [&](const CurveStyle& style) { return style.arm == arm; });
    return found == m_styles.end() ? nullptr : &*found;
}

CacheKey CurvePlot::cacheKey() const {
    CacheKey key{m_view.metric,
                 m_view.wallTime,
                 m_view.raw,
                 m_view.smoothing,
                 m_view.scale,
                 std::max(50, m_plot->axisRect()->width() / (m_styles.size() > denseCurves ? 2 : 1)),
                 0,
                 0};
    if (!m_follow) { // zoomed in: thinned over what is visible, so that nothing is lost
        key.from = m_plot->xAxis->range().lower;
        key.to = m_plot->xAxis->range().upper;
    }
    return key;
}

void CurvePlot::updateCaches() {
    const CacheKey key = cacheKey();
    const bool many = crowded();
    std::map<RowId, std::vector<const Curve*>> seeds;
    for (std::size_t i = 0; i < m_styles.size(); ++i) {
        const Curve* curve = m_styles[i].hidden ? nullptr : m_curves.find(m_styles[i].run, m_view.metric);
        if (curve == nullptr) {
            m_drawn[i].cache = {};
            continue;
        }
        m_drawn[i].cache.update(*curve, key);
        seeds[m_styles[i].arm].push_back(curve);
    }
    for (auto& [arm, drawn] : m_arms) {
        const auto found = seeds.find(arm);
        // Seeds share steps, not times. Many arms of losses are told apart by their means only.
        drawn.shown = found != seeds.end() && found->second.size() >= 3 && !m_view.wallTime && (m_view.bands || many);
        if (drawn.shown)
            drawn.cache.update(found->second, key, m_view.bands);
        else
            drawn.cache = {};
        drawn.shown = drawn.shown && !drawn.cache.mean.x.empty();
    }
}

void CurvePlot::drawRun(std::size_t index) {
    const CurveStyle& style = m_styles[index];
    const ArmDrawn& arm = m_arms.at(style.arm);
    Drawn& drawn = m_drawn[index];
    const Thinned& line = drawn.cache.line;
    const Thinned& raw = drawn.cache.raw;
    const bool raised = m_raised == style.arm;
    const std::size_t known = knownAt(line, m_view.untilWall);
    drawn.line->data()->set(part(line.x, line.y, 0, known), true);
    // From the last known point on, so that both parts meet.
    drawn.rest->data()->set(part(line.x, line.y, known > 0 ? known - 1 : 0, line.x.size()), true);
    drawn.rest->setPen(QPen(colour(Role::weakLine), 1));
    const bool many = crowded();
    const bool showRaw = raised || !many;
    drawn.raw->data()->set(showRaw ? part(raw.x, raw.y, 0, knownAt(raw, m_view.untilWall)) : QVector<QCPGraphData>(),
                           true);
    const double strength = raised          ? 1
                            : m_raised != 0 ? 0.2
                            : !arm.shown    ? 1
                            : many          ? 0.22
                                            : 0.5; // behind its arm's mean
    drawn.line->setPen(QPen(faded(style.colour, strength), 1));
    drawn.raw->setPen(QPen(faded(style.colour, m_raised == 0 || raised ? 0.25 : 0.1), 1));
    // A curve of one or two points is hard to see as a line.
    drawn.line->setScatterStyle(known < 3 ? seriesMarker(style.slot, drawn.line->pen().color(), 6) : QCPScatterStyle());
}

void CurvePlot::drawArm(RowId arm, ArmDrawn& drawn) {
    const Thinned& mean = drawn.cache.mean;
    const std::size_t known = drawn.shown ? knownAt(mean, m_view.untilWall) : 0;
    const bool raised = m_raised == arm;
    const bool band = known > 0 && !drawn.cache.low.empty() && (raised || (m_raised == 0 && !crowded()));
    drawn.mean->data()->set(part(mean.x, mean.y, 0, known), true);
    drawn.low->data()->set(part(mean.x, drawn.cache.low, 0, band ? known : 0), true);
    drawn.high->data()->set(part(mean.x, drawn.cache.high, 0, band ? known : 0), true);
    const CurveStyle* style = styleOf(arm);
    if (style == nullptr) return;
    QColor fill = style->colour;
    fill.setAlphaF(0.15);
    drawn.high->setBrush(band ? QBrush(fill) : QBrush(Qt::NoBrush));
    drawn.high->setChannelFillGraph(band ? drawn.low : nullptr);
    const QColor pen = faded(style->colour, m_raised == 0 || raised ? 1 : 0.3);
    drawn.mean->setPen(QPen(pen, raised ? 2.4 : 2));
    drawn.mean->setAntialiased(mean.x.size() < 200);
    drawn.mean->setScatterStyle(known == 1 ? seriesMarker(style->slot, pen, 6) : QCPScatterStyle());
}

// A gap alone is easily overlooked: each non-finite value has a cross at the lower edge.
void CurvePlot::drawBad() {
    QVector<QCPGraphData> crosses;
    for (const Drawn& drawn : m_drawn) {
        for (const double x : drawn.cache.bad)
            crosses.append({x, m_plot->yAxis->range().lower});
    }
    m_bad->data()->set(crosses);
    m_bad->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCross, QPen(colour(Role::error), 1.5), Qt::NoBrush, 8));
}

void CurvePlot::drawLabels() {
    // The end of each arm's line: of its mean, else the mean of its runs' last values.
    struct Sum {
        double x = 0, y = 0, n = 0;
    };
    std::map<RowId, Sum> sums;
    for (std::size_t i = 0; i < m_styles.size(); ++i) {
        const auto line = m_drawn[i].line->data();
        for (auto at = line->constEnd(); at != line->constBegin();) {
            --at;
            if (!std::isfinite(at->value)) continue;
            Sum& sum = sums[m_styles[i].arm];
            sum.x = std::max(sum.x, at->key);
            sum.y += at->value;
            sum.n += 1;
            break;
        }
    }
    std::vector<CurveEnd> ends;
    for (const auto& [arm, sum] : sums) {
        const CurveStyle& style = *styleOf(arm);
        const ArmDrawn& drawn = m_arms.at(arm);
        const auto mean = drawn.mean->data();
        double y = sum.y / sum.n;
        if (drawn.shown && !mean->isEmpty() && std::isfinite((mean->constEnd() - 1)->value))
            y = (mean->constEnd() - 1)->value;
        ends.push_back({arm, QPointF(m_plot->xAxis->coordToPixel(sum.x), m_plot->yAxis->coordToPixel(y)),
                        style.shortLabel, style.colour, style.slot, m_raised != 0 && m_raised != arm});
    }
    m_labels->setEnds(std::move(ends));
}

void CurvePlot::applyRange() {
    if (!m_follow) return;
    double left = std::numeric_limits<double>::infinity(), right = -left, low = left, high = -left;
    const auto take = [&](const Thinned& curve) {
        if (curve.x.empty()) return;
        left = std::min(left, curve.x.front());
        right = std::max(right, curve.x.back());
        low = std::min(low, m_view.logY ? curve.lowPositive : curve.low);
        high = std::max(high, curve.high);
    };
    for (const Drawn& drawn : m_drawn) {
        take(drawn.cache.line);
        if (!crowded()) take(drawn.cache.raw);
    }
    for (const auto& [arm, drawn] : m_arms) { // only where bands are drawn
        if (!drawn.shown || (crowded() && m_raised != arm)) continue;
        for (const double y : drawn.cache.low)
            low = m_view.logY && y <= 0 ? low : std::min(low, y);
        for (const double y : drawn.cache.high)
            high = std::max(high, y);
    }
    if (!(right >= left) || !(high >= low)) {
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

void CurvePlot::updateTexts() {
    std::size_t shown = 0, points = 0, bad = 0;
    for (const Drawn& drawn : m_drawn) {
        points += drawn.cache.points;
        shown += drawn.cache.line.x.size();
        bad += drawn.cache.badCount;
    }
    QString title = QStringLiteral("<b>%1</b>").arg(m_heading.toHtmlEscaped());
    const bool many = crowded();
    if (m_view.bands)
        title += many && m_raised == 0 ? tr("&nbsp; mean over seeds; 95 % t-interval of the selected arm")
                                       : tr("&nbsp; n ≥ 3: mean and 95 % t-interval");
    else if (many && !m_view.wallTime)
        title += tr("&nbsp; n ≥ 3: mean over seeds");
    if (m_view.smoothing > 0) title += tr("&nbsp; %1 EMA").arg(qs(format_number(m_view.smoothing, 2)));
    if (std::isfinite(m_view.untilWall)) title += tr("&nbsp; grey: not yet played");
    m_title->setText(title);
    m_title->setToolTip(title);
    QString note;
    if (points == 0)
        note = tr("no points yet");
    else if (shown < points && m_follow)
        note = tr("showing %1 of %2 points, min/max kept")
                   .arg(qs(format_count(static_cast<std::int64_t>(shown))),
                        qs(format_count(static_cast<std::int64_t>(points))));
    if (bad > 0) note += tr("  %1 not finite").arg(qs(format_count(static_cast<std::int64_t>(bad))));
    m_note->setText(note);
    m_plot->yAxis->setLabel(m_unit);
}

void CurvePlot::redraw() {
    if (m_bad == nullptr) return; // no styles yet
    QStringList names;
    for (const CurveStyle& style : m_styles) {
        if (!style.hidden) names.append(style.shortLabel);
    }
    const int room =
        std::clamp(EndLabels::widthOf(names, plotFont(*m_plot)), 60, std::max(60, std::min(210, width() * 3 / 10)));
    m_plot->axisRect()->setMinimumMargins(QMargins(62, 8, room, 34));
    updateTexts();
    updateCaches();
    applyRange();
    for (std::size_t i = 0; i < m_styles.size(); ++i)
        drawRun(i);
    for (auto& [arm, drawn] : m_arms)
        drawArm(arm, drawn);
    drawBad();
    settleLayout(*m_plot); // labels are placed in pixels
    drawLabels();
    m_plot->replot();
    m_timer.setInterval(std::max(shortestInterval, static_cast<int>(3 * m_plot->replotTime(true))));
}

} // namespace diapason::ui
