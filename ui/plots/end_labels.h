// Names at the right ends of curves: pushed apart, with leaders, marker and colour of the arm.
#pragma once

#include "core/store/records.h"

#include <qcustomplot.h>

#include <vector>

namespace diapason::ui {

/// The end of an arm's curve, in pixels.
struct CurveEnd {
    RowId arm = 0;
    QPointF at;
    QString text;
    QColor colour;
    int slot = 1;
    bool faded = false;
};

/// One item that draws all labels beside the axis rect, on the overlay layer.
class EndLabels : public QCPAbstractItem {
    Q_OBJECT
public:
    explicit EndLabels(QCustomPlot* plot);
    void setEnds(std::vector<CurveEnd> ends);
    RowId armAt(const QPointF& pixel) const; ///< 0 = none
    /// Width that the labels would like, in pixels.
    static int widthOf(const QStringList& texts, const QFont& font);
    double selectTest(const QPointF&, bool, QVariant* = nullptr) const override { return -1; }

protected:
    void draw(QCPPainter* painter) override;

private:
    std::vector<CurveEnd> m_ends; ///< from top to bottom
    std::vector<double> m_places; ///< pixels of the labels' centres, parallel
};

} // namespace diapason::ui
